using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>
/// Logits of what the shared goldens lack, against transformers: other families, other switches of families, rotary scalings in both styles of config.json, files as transformers 5
/// saves them (as-saved), and files that say no more than sizes (defaults). Each file of FamilyVariants has a config.json, ids, the checkpoint's tensors by name and shape, and the logits
/// [ids, vocabulary] of transformers' own code, of ChatGLM's authors' for theirs (the file says which), by torch 1.13 on a CPU: float32, no cache, eager attention unless the file says
/// otherwise. Weights are a formula of name and index (<see cref="Tensor"/>), so a variant is one file.
/// </summary>
public sealed class FamilyVariantGoldenTests : IDisposable
{
    private const double RelativeTolerance = 1e-5;

    private readonly TestFolder folder = new();

    public static TheoryData<string> Variants() =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Goldens.RepositoryRoot, "tests", "QuantSuite.Tests", "Models", "FamilyVariants");

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Variants))]
    public void LogitsEqualTransformers(string name)
    {
        JsonElement variant = Goldens.Json(Path.Combine(Folder, $"{name}.json"));
        float[] expected = [.. variant.GetProperty("logits").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetSingle())];
        double largest = expected.Max(Math.Abs);
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Load(variant, "fp32", kernels);
        foreach (bool stepwise in new[] { false, true })
        {
            using Matrix logits = model.Logits(Ids(variant), stepwise);
            Assert.Equal(expected.Length, logits.Rows * logits.Columns);
            double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
            Assert.True(worst <= RelativeTolerance * largest, $"{name}: logits of at most {largest} differ by {worst}, stepwise {stepwise}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void PackedEqualsDequantizedAndDecodeEqualsPrefill(string name)
    {
        JsonElement variant = Goldens.Json(Path.Combine(Folder, $"{name}.json"));
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Load(variant, "rtn-int4-g16", kernels);
        Assert.All(model.Linears, weight => Assert.False(weight.Panels is DensePanels, $"{name}: {weight.Name} is not packed"));
        using Matrix logits = model.Logits(Ids(variant)), stepwise = model.Logits(Ids(variant), stepwise: true);
        Assert.True(Bits(logits).SequenceEqual(Bits(stepwise)), $"{name}: decode differs from prefill");
        foreach (Weight weight in model.Linears)
            using (Matrix twin = weight.Panels.ToMatrix())
                weight.Store(new DensePanels(twin, NumericFormats.Fp32), weight.Activations);
        using Matrix dequantized = model.Logits(Ids(variant));
        Assert.True(Bits(logits).SequenceEqual(Bits(dequantized)), $"{name}: packed differs from dequantized");
    }

    // Their code: arange(length) / rope_ratio, where ChatGLM3's has the base times it.
    [Theory]
    [InlineData("THUDM/chatglm2-6b-32k", true)]
    [InlineData("THUDM/chatglm3-6b-32k", false)]
    public void ARatioDividesThePositionsOfChatGlm2(string name, bool divides)
    {
        JsonElement variant = Goldens.Json(Path.Combine(Folder, "chatglm-groups.json"));
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Load(variant, "fp32", kernels, config => (config["_name_or_path"], config["rope_ratio"]) = (name, 16));
        using Matrix logits = model.Logits(Ids(variant));
        using DecoderModel linear = Load(variant, "fp32", kernels, config => config["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 16.0 });
        using Matrix divided = linear.Logits(Ids(variant));
        Assert.Equal(divides, Bits(logits).SequenceEqual(Bits(divided)));
    }

    private DecoderModel Load(JsonElement variant, string recipe, Kernels kernels, Action<JsonObject>? change = null)
    {
        JsonObject config = JsonNode.Parse(variant.GetProperty("config").GetRawText())!.AsObject();
        change?.Invoke(config);
        TestCheckpoint.Write(folder.Path, config,
            variant.GetProperty("tensors").EnumerateObject().Select(tensor => Tensor(tensor.Name, [.. tensor.Value.EnumerateArray().Select(size => size.GetInt32())])));
        return Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels);
    }

    // Number i is u = the upper 16 bits of MurmurHash3's finalizer of (FNV-1a of the name + i · 9E3779B9₁₆), as a fraction from −1 to 1: 1 + u/4 for the gains of norms, and else u/2.
    private static TestTensor Tensor(string name, int[] shape)
    {
        uint seed = Encoding.UTF8.GetBytes(name).Aggregate(2166136261, (hash, letter) => (hash ^ letter) * 16777619);
        bool isGain = name.EndsWith(".weight", StringComparison.Ordinal) && (shape.Length == 1 || name.Contains("norm", StringComparison.Ordinal));
        return new TestTensor(name, shape, [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(i => Fraction(seed + (uint)i * 0x9E3779B9)).Select(u => isGain ? 1 + u / 4 : u / 2)]);
    }

    private static float Fraction(uint hash)
    {
        hash = (hash ^ hash >> 16) * 0x85EBCA6B;
        hash = (hash ^ hash >> 13) * 0xC2B2AE35;
        return ((int)((hash ^ hash >> 16) >> 16) - 32768) / 32768f;
    }

    private static int[] Ids(JsonElement variant) => [.. variant.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];

    private static ReadOnlySpan<int> Bits(Matrix matrix) => MemoryMarshal.Cast<float, int>(matrix.Span);
}
