using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Logits, cached decoding and greedy continuations of tiny checkpoints, against transformers (../shared/goldens/families).</summary>
public class FamilyGoldenTests
{
    private const double Tolerance = 2e-4;

    public static TheoryData<string> Folders() => Goldens.Cases("families", "golden.json", SearchOption.AllDirectories);

    /// <summary>Those that hold pixels.</summary>
    public static TheoryData<string> FoldersWithImages() =>
        [.. ((IEnumerable<object[]>)Folders()).Select(row => (string)row[0]).Where(file => !File.Exists(Path.Combine(Goldens.Root, "families", file)) || Open(file).Golden.TryGetProperty("pixel_values_shape", out _))];

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void LogitsEqualTransformers(string file)
    {
        (string folder, JsonElement golden) = Open(file);
        int[] ids = Ids(golden.GetProperty("input_ids"));
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, golden.GetProperty("logits_file").GetString()!))).ToArray();
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse("fp32"), kernels);
        using Matrix? pixels = Pixels(folder, golden);
        foreach (bool stepwise in new[] { false, true })
        {
            using Matrix logits = model.Logits(ids, stepwise, pixels is null ? null : [pixels]);
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
        using Matrix? pixels = Pixels(folder, golden);
        foreach (int id in expected)
        {
            using Matrix logits = model.Logits(CollectionsMarshal.AsSpan(ids), images: pixels is null ? null : [pixels]);
            ReadOnlySpan<float> last = logits.Row(ids.Count - 1);
            int best = 0;
            for (int i = 1; i < last.Length; i++)
                if (last[i] > last[best])
                    best = i;
            Assert.Equal(id, best);
            ids.Add(best);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(FoldersWithImages))]
    public void FeaturesOfImagesEqualTransformers(string file)
    {
        (string folder, JsonElement golden) = Open(file);
        using Matrix pixels = Pixels(folder, golden)!;
        float[] expected = Floats(folder, golden, "image_features_file");
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse("fp32"), kernels);
        using Matrix features = model.Features([pixels]);
        Assert.True(expected.Select((value, i) => Math.Abs(value - features.Span[i])).Max() <= Tolerance);
        Assert.Contains("image tokens", Assert.Throws<ArgumentException>(() => model.Logits([1, 2], images: [pixels])).Message);
    }

    private static Matrix? Pixels(string folder, JsonElement golden)
    {
        if (!golden.TryGetProperty("pixel_values_shape", out JsonElement shape))
            return null;
        int[] sizes = Ids(shape);
        return new Matrix(sizes[1], sizes[2] * sizes[3], Floats(folder, golden, "pixel_values_file"));
    }

    private static float[] Floats(string folder, JsonElement golden, string key) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, golden.GetProperty(key).GetString()!))).ToArray();

    private static (string Folder, JsonElement Golden) Open(string file)
    {
        string path = Path.Combine(Goldens.Folder("families"), file), folder = Path.GetDirectoryName(path)!;
        return (folder, Goldens.Json(path));
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
