using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Learnable clipping and the folding of scales and shifts against OmniQuant's code, and QSLAW's group scale against its own.</summary>
public class OmniQuantGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("omniquant");

    public static TheoryData<string> GroupScaleCases() => QuantizationCase.All("qslaw");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("omniquant", file);
        switch (golden.Op)
        {
            case "omniquant.lwc":
                CheckClipping(golden, 1e-5f, 1e4f);
                break;
            case "omniquant.let":
                CheckFolding(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    [SkippableTheory]
    [MemberData(nameof(GroupScaleCases))]
    public void GroupScaleEqualsQslaw(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("qslaw", file);
        if (golden.Op != "qslaw.group_scale")
            throw golden.Unknown();
        CheckClipping(golden, 1e-5f, 1e4f);
    }

    private static void CheckClipping(QuantizationCase golden, float smallestScale, float largestScale)
    {
        using Matrix weight = golden.Input("W"), samples = golden.Samples(), dequantized = new(weight.Rows, weight.Columns);
        int bits = golden.Parameter("bits"), size = golden.Parameter("group", weight.Columns), groupCount = (weight.Columns + size - 1) / size;
        float[] gamma = golden.Floats(golden.Inputs.GetProperty("gamma")), beta = golden.Floats(golden.Inputs.GetProperty("beta"));
        float[]? divisors = golden.Inputs.TryGetProperty("dynamic_scale", out JsonElement tensor) ? golden.Floats(tensor) : null;
        var scales = new float[gamma.Length];
        var zeros = new float[gamma.Length];
        var codes = new int[weight.Span.Length];
        var padded = new float[size];
        for (int g = 0; g < gamma.Length; g++)
        {
            int row = g / groupCount, first = g % groupCount * size, count = Math.Min(size, weight.Columns - first);
            Array.Clear(padded);
            weight.Row(row).Slice(first, count).CopyTo(padded);
            (float min, float max) = ClippingGrid.Range(padded);
            float upper = ClippingGrid.Sigmoid(gamma[g]) * max, lower = ClippingGrid.Sigmoid(beta[g]) * min;
            bool symmetric = golden.Flag("symmetric"), zeroPoint = !golden.Flag("disable_zero_point");
            ClippingGrid grid = ClippingGrid.Of(upper, lower, bits, symmetric, smallestScale, largestScale, zeroPoint) with { Divisor = divisors?[g] ?? 1 };
            (scales[g], zeros[g]) = (grid.Scale, grid.Zero);
            for (int column = first; column < first + count; column++)
            {
                codes[row * weight.Columns + column] = grid.Encode(weight[row, column]);
                dequantized[row, column] = grid.Decode(grid.Encode(weight[row, column]));
            }
        }
        QuantizationCase.Near(golden.Floats("scale"), scales, 1e-6, "scale");
        if (golden.Has("zero"))
            Assert.Equal(golden.Floats("zero"), zeros);
        Assert.Equal(golden.Ints("codes"), codes);
        golden.NearSummary("dequant", dequantized);
        Assert.Equal(golden.Number("rel_output_error"), QuantizationCase.OutputError(samples, weight, dequantized), 1e-3 * golden.Number("rel_output_error"));
    }

    private static void CheckFolding(QuantizationCase golden)
    {
        float[] Vector(string name, int length) => golden.Inputs.TryGetProperty(name, out JsonElement tensor) ? golden.Floats(tensor) : new float[length];
        using Matrix query = golden.Input("WQ"), key = golden.Input("WK");
        float[] gain = Vector("ln_weight", 0), bias = Vector("ln_bias", query.Columns), scales = Vector("scales", 0), shifts = Vector("shifts", 0), between = Vector("qk_scales", 0);
        float[] queryBias = Vector("WQ_bias", query.Rows), keyBias = Vector("WK_bias", key.Rows);
        OmniQuant.FoldNorm(gain, bias, scales, shifts);
        OmniQuant.FoldLinear(query, queryBias, scales, shifts);
        OmniQuant.FoldLinear(key, keyBias, scales, shifts);
        QuantizationCase.Near(golden.Floats("ln_weight"), gain, 1e-6, "gain");
        QuantizationCase.NearLargest(golden.Floats("ln_bias"), bias, 1e-6, "bias");
        CheckLinears(golden.Expected);
        OmniQuant.FoldQueryKey(query, queryBias, key, keyBias, between);
        CheckLinears(golden.Expected.GetProperty("after_q_k"));

        void CheckLinears(JsonElement expected)
        {
            QuantizationCase.Near(golden.Floats(expected.GetProperty("WQ")), query.Span, 1e-6, "WQ");
            QuantizationCase.Near(golden.Floats(expected.GetProperty("WK")), key.Span, 1e-6, "WK");
            QuantizationCase.NearLargest(golden.Floats(expected.GetProperty("WQ_bias")), queryBias, 1e-6, "WQ bias");
            QuantizationCase.NearLargest(golden.Floats(expected.GetProperty("WK_bias")), keyBias, 1e-6, "WK bias");
        }
    }
}
