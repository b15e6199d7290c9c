using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>BiLLM against the authors' code (../shared/goldens/quantization/billm).</summary>
public class BiLlmGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("billm");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("billm", file);
        switch (golden.Op)
        {
            case "billm.fasterquant":
                CompareWeight(golden);
                break;
            case "billm.residual":
                CompareResidual(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CompareWeight(QuantizationCase golden)
    {
        using Kernels kernels = Kernels.Create(2);
        using InputStatistics inputs = golden.Statistics(kernels);
        using Matrix original = golden.Input("W"), weight = golden.Input("W"), samples = golden.Samples();
        var settings = new BiLlmSettings
        {
            BlockSize = golden.Parameter("blocksize"),
            Damping = golden.OptionalNumber("percdamp")!.Value,
            ByMagnitude = golden.Text("salient_metric") == "magnitude",
            Propagates = !golden.Flag("disable_gptq"),
        };
        var rounding = new BiLlmRounding(weight, inputs.Hessian(), settings, kernels, _ => { });

        JsonElement[] blocks = [.. golden.Expected.GetProperty("blocks").EnumerateArray()];
        Assert.Equal(blocks.Length, rounding.Blocks.Count);
        for (int i = 0; i < blocks.Length; i++)
            CompareBlock(golden, blocks[i], rounding.Blocks[i]);
        golden.NearSummary("dequant", weight);
        golden.NearNumber("loss_sum", rounding.Loss, 1e-3);
        golden.NearNumber("rel_output_error", QuantizationCase.OutputError(samples, original, weight), 1e-3);
    }

    private static void CompareBlock(QuantizationCase golden, JsonElement expected, BiLlmBlock block)
    {
        NearCurve(expected.GetProperty("column_search_mse_k1_to_k49"), block.ColumnErrors);
        Assert.Equal(golden.Ints(expected.GetProperty("salient_columns")), block.SalientColumns);
        NearCurve(expected.GetProperty("split_search_mse_81_percentiles"), block.SplitErrors);
        Assert.Equal(expected.GetProperty("best_split_index").GetInt32(), block.SplitIndex);
        Assert.Equal(golden.Ints(expected.GetProperty("region")), block.Regions.Select(region => (int)region));
        float split = expected.GetProperty("split_value").GetSingle();
        Assert.Equal(split, block.Split, 1e-4f * split);
    }

    private static void NearCurve(JsonElement expected, double[] actual) =>
        QuantizationCase.Near([.. expected.EnumerateArray().Select(value => value.GetSingle())], [.. actual.Select(value => (float)value)], 1e-3, "search curve");

    private static void CompareResidual(QuantizationCase golden)
    {
        using Matrix x = golden.Input("x");
        byte[] regions = [.. golden.Ints(golden.Inputs.GetProperty("mask")).Select(value => (byte)value)];
        using var y = new Matrix(x.Rows, x.Columns);
        for (int row = 0; row < x.Rows; row++)
            Binarization.Approximate(x.Row(row), regions.AsSpan(row * x.Columns, x.Columns), 1, golden.Parameter("order"), y.Row(row));
        QuantizationCase.NearLargest(golden.Floats("y"), y.Span, 1e-6, "y");
    }
}
