using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>A whole model from a GGUF file: logits from its dequantized weights (../shared/goldens/gguf/llama.*).</summary>
public class GgufLogitsGoldenTests
{
    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (string file in Goldens.Cases("gguf", "llama.*.gguf"))
        {
            data.Add(file, "fp32");
            if (!file.Contains("F16", StringComparison.Ordinal))
                data.Add(file, "file");
        }
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void LogitsEqualTheReference(string file, string recipe)
    {
        string folder = Goldens.Folder("gguf");
        JsonElement golden = Goldens.Json(Path.Combine(folder, "llama.json"));
        int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, Path.ChangeExtension(file, ".logits.bin")))).ToArray();
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(Path.Combine(folder, file), Recipe.Parse(recipe), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= 2e-4, $"{file}: logits differ by {worst}");
    }
}
