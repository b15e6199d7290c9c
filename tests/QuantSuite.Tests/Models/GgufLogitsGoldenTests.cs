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
    public static TheoryData<string> Files() => Goldens.Cases("gguf", "llama.*.gguf");

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void LogitsEqualTheReference(string file)
    {
        string folder = Goldens.Folder("gguf");
        JsonElement golden = Goldens.Json(Path.Combine(folder, "llama.json"));
        int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, Path.ChangeExtension(file, ".logits.bin")))).ToArray();
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(Path.Combine(folder, file), Recipe.Parse("fp32"), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= 2e-4, $"{file}: logits differ by {worst}");
    }
}
