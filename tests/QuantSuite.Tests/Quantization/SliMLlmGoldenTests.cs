using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>SliM-LLM against the authors' code (../shared/goldens/quantization/slim-llm).</summary>
public class SliMLlmGoldenTests
{
    // What the reference's single precision does to compensated weights, in codes (the goldens' README).
    private const double Noise = 2e-5;

    public static TheoryData<string> Cases() => QuantizationCase.All("slim-llm");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("slim-llm", file);
        switch (golden.Op)
        {
            case "slim.quantize":
                CompareWeight(golden);
                break;
            case "slim.sqc_fit":
                CompareFit(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CompareWeight(QuantizationCase golden)
    {
        using Kernels kernels = Kernels.Create(2);
        using InputStatistics inputs = golden.Statistics(kernels, CalibrationNeeds.Hessian | CalibrationNeeds.Samples);
        using Matrix original = golden.Input("W"), weight = golden.Input("W"), samples = golden.Samples();
        var rounding = new SliMLlmRounding(weight, inputs.Hessian(), inputs.Samples, golden.Parameter("bits"), golden.Parameter("groupsize"),
            golden.OptionalNumber("lambda_salience")!.Value, golden.OptionalNumber("percdamp")!.Value, kernels, _ => { });

        QuantizationCase.Near([.. golden.Expected.GetProperty("group_salience").EnumerateArray().Select(value => value.GetSingle())],
            [.. rounding.Allocation.Salience.Select(value => (float)value)], 1e-3, "salience of the groups");
        QuantizationCase.Near([.. golden.Doubles(golden.Expected.GetProperty("kl_per_sample_and_i")).Select(value => (float)value)],
            [.. rounding.Allocation.Divergences.SelectMany(ofSample => ofSample).Select(value => (float)value)], 1e-3, "divergence");
        Assert.Equal(golden.Number("chosen_i"), rounding.Allocation.Chosen);
        Assert.Equal(golden.Expected.GetProperty("group_bits").EnumerateArray().Select(value => value.GetInt32()), rounding.GroupBits);
        Assert.All(golden.Expected.GetProperty("group_symmetric").EnumerateArray(), value => Assert.Equal(JsonValueKind.False, value.ValueKind));
        Assert.Equal(golden.Ints("salient_element_mask"), rounding.Salient.Select(salient => salient ? 1 : 0));
        CompareGrids(golden, rounding, weight.Rows);
        Assert.Equal(golden.Ints("codes"), rounding.Codes.Select((code, i) => rounding.GroupBits[i % weight.Columns / rounding.GroupSize] == 1 ? 2 * code - 1 : code));
        golden.NearSummary("dequant", weight);
        golden.NearNumber("loss_sum", rounding.Loss, 1e-3);
        golden.NearNumber("rel_output_error", QuantizationCase.OutputError(samples, original, weight), 1e-3);
    }

    // The first group has seen no compensation, so its grids are exact.
    private static void CompareGrids(QuantizationCase golden, SliMLlmRounding rounding, int rows)
    {
        float[] scales = golden.Floats("scale"), zeros = golden.Floats("zero");
        int groups = rounding.GroupBits.Length;
        for (int i = 0; i < rows * groups; i++)
        {
            QuantGrid grid = rounding.Grid(i / groups, i % groups);
            Assert.Equal(scales[i], grid.Scale, (i % groups == 0 ? 1e-6 : Noise) * scales[i]);
            Assert.Equal(zeros[i], grid.Zero, rounding.GroupBits[i % groups] == 1 ? Noise * scales[i] : 0);
        }
    }

    private static void CompareFit(QuantizationCase golden)
    {
        using Matrix weight = golden.Input("W");
        float[] pivots = golden.Floats(golden.Inputs.GetProperty("hinv_chol_diag"));
        bool[] salient = SalienceWeightedGrid.Salient([.. weight.Span.ToArray().Select((value, i) => value * value / (pivots[i % pivots.Length] * pivots[i % pivots.Length]))]);
        Assert.Equal(golden.Ints("salient_element_mask"), salient.Select(value => value ? 1 : 0));
        int bits = golden.Parameter("bits");
        var fits = Enumerable.Range(0, weight.Rows).Select(row => SalienceWeightedGrid.Fit(weight.Row(row), salient.AsSpan(row * weight.Columns, weight.Columns), bits,
            golden.Flag("sym"), golden.OptionalNumber("lambda_salience")!.Value)).ToArray();
        QuantizationCase.Near(golden.Floats("scale"), [.. fits.Select(fit => fit.Grid.Scale)], 1e-6, "scale");
        QuantizationCase.Near(golden.Floats("zero"), [.. fits.Select(fit => fit.Grid.Zero)], 0, "zero");
        QuantizationCase.Near(golden.Floats("p"), [.. fits.Select(fit => fit.Share)], 1e-6, "p");
        for (int row = 0; row < weight.Rows; row++)
            foreach (ref float value in weight.Row(row))
                value = GptqGrid.Decode(GptqGrid.Encode(value, fits[row].Grid, bits), fits[row].Grid);
        golden.NearSummary("dequant", weight);
    }
}
