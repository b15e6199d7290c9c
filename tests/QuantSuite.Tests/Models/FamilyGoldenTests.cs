using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Logits, cached decoding and greedy continuations of tiny checkpoints, against transformers (../shared/goldens/families).</summary>
public class FamilyGoldenTests
{
    private const double Tolerance = 2e-4;

    public static TheoryData<string> Folders() => Goldens.Cases("families", "golden.json", SearchOption.AllDirectories);

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void LogitsEqualTransformers(string file)
    {
        (string folder, JsonElement golden) = Open(file);
        int[] ids = Ids(golden.GetProperty("input_ids"));
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, golden.GetProperty("logits_file").GetString()!))).ToArray();
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse("fp32"), kernels);
        foreach (bool stepwise in new[] { false, true })
        {
            using Matrix logits = model.Logits(ids, stepwise);
            Assert.Equal(expected.Length, logits.Rows * logits.Columns);
            double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
            Assert.True(worst <= Tolerance, $"{file}: logits differ by {worst}, stepwise {stepwise}");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void GreedyContinuationEqualsTransformers(string file)
    {
        (string folder, JsonElement golden) = Open(file);
        int promptLength = golden.GetProperty("greedy_prompt_len").GetInt32();
        int[] expected = Ids(golden.GetProperty("greedy"));
        List<int> ids = [.. Ids(golden.GetProperty("input_ids"))[..promptLength]];
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse("fp32"), kernels);
        foreach (int id in expected)
        {
            using Matrix logits = model.Logits(CollectionsMarshal.AsSpan(ids));
            ReadOnlySpan<float> last = logits.Row(ids.Count - 1);
            int best = 0;
            for (int i = 1; i < last.Length; i++)
                if (last[i] > last[best])
                    best = i;
            Assert.Equal(id, best);
            ids.Add(best);
        }
    }

    private static (string Folder, JsonElement Golden) Open(string file)
    {
        string path = Path.Combine(Goldens.Folder("families"), file), folder = Path.GetDirectoryName(path)!;
        string type = Goldens.Json(Path.Combine(folder, "config.json")).GetProperty("model_type").GetString()!;
        Skip.IfNot(ModelFamilies.All.Any(family => family.ModelType == type), $"the family '{type}' is not built yet");
        return (folder, Goldens.Json(path));
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
