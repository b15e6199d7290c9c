using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Every family by every method at int8 and int4: all linears are packed, routers are not, packed equals dequantized, logits are finite.</summary>
[Trait("Speed", "Slow")]
public sealed class FamilyQuantizationTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Folders() => Goldens.Cases("families", "golden.json", SearchOption.AllDirectories);

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void EveryMethodPacksEveryLinear(string file)
    {
        string golden = Path.Combine(Goldens.Folder("families"), file);
        int[] ids = [.. Goldens.Json(golden).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        string model = Prepare(Path.GetDirectoryName(golden)!);
        using Kernels kernels = Kernels.Create();
        int runs = 0;
        foreach (QuantizationMethod method in QuantizationMethods.All)
            foreach (int bits in (int[])[8, 4])
                if (Parse($"{method.Name}-int{bits}") is { } recipe && Load(model, recipe, kernels, ids, method is QuaRot) is { } loaded)
                    using (loaded)
                    {
                        Check(loaded, recipe, ids);
                        runs++;
                    }
        Assert.True(runs >= 10, $"{file}: only {runs} recipes ran");
    }

    // Not every method rounds to every width; those that refuse a scheme say so themselves.
    private static Recipe? Parse(string text)
    {
        try
        {
            return Recipe.Parse(text);
        }
        catch (RecipeException)
        {
            return null;
        }
    }

    // A rotation needs root mean square norms that feed linears alone; other families are refused by name.
    private static DecoderModel? Load(string model, Recipe recipe, Kernels kernels, int[] ids, bool mayRefuse)
    {
        try
        {
            return Quantizer.Load(model, recipe, kernels, calibration: (_, _, _) => new CalibrationTokens("test", [ids, [.. ids.Reverse()], [.. ids.Select(id => (id * 7 + 3) % 160)]]));
        }
        catch (NotSupportedException refusal) when (mayRefuse)
        {
            Assert.Contains("quarot", refusal.Message);
            return null;
        }
        catch (RecipeException)
        {
            return null;
        }
    }

    private static void Check(DecoderModel model, Recipe recipe, int[] ids)
    {
        string name = $"{model.Architecture.ModelType} {recipe}";
        Assert.All(model.Linears, weight => Assert.False(weight.Panels is DensePanels, $"{name}: {weight.Name} is not packed"));
        Assert.All(model.Architecture.FullPrecision, weight => Assert.True(weight.Panels is DensePanels, $"{name}: {weight.Name} is packed"));
        using Matrix logits = model.Logits(ids);
        foreach (float value in logits.Span)
            Assert.True(float.IsFinite(value), $"{name}: a logit is {value}");
        using (Matrix stepwise = model.Logits(ids, stepwise: true))
            Assert.True(Bits(logits).SequenceEqual(Bits(stepwise)), $"{name}: decode differs from prefill");
        if (model.Linears.Any(weight => weight.Activations is IntegerFormat))
            return;
        foreach (Weight weight in model.Linears)
            using (Matrix twin = weight.Panels.ToMatrix())
                weight.Store(new DensePanels(twin, NumericFormats.Fp32), weight.Activations);
        using Matrix dequantized = model.Logits(ids);
        Assert.True(Bits(logits).SequenceEqual(Bits(dequantized)), $"{name}: packed differs from dequantized");
    }

    // The golden checkpoints have no tokenizer, and ids are all that is asked here.
    private string Prepare(string golden)
    {
        string target = folder["model"];
        Directory.CreateDirectory(target);
        foreach (string source in Directory.EnumerateFiles(golden).Where(source => Path.GetFileName(source) is var name && (name.StartsWith("model", StringComparison.Ordinal) || name == "config.json")))
            File.Copy(source, Path.Combine(target, Path.GetFileName(source)));
        File.Copy(Path.Combine(QuantizedMicroWorld.Folder, "tokenizer.json"), Path.Combine(target, "tokenizer.json"));
        return target;
    }

    private static ReadOnlySpan<int> Bits(Matrix matrix) => MemoryMarshal.Cast<float, int>(matrix.Span);
}
