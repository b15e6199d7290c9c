using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>GPTQ against the authors' code (../shared/goldens/quantization/gptq).</summary>
public class GptqGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("gptq");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("gptq", file);
        using Kernels kernels = Kernels.Create(2);
        switch (golden.Op)
        {
            case "gptq.fasterquant":
                CompareCodes(golden, kernels);
                break;
            case "gptq.add_batch":
                CompareHessian(golden, kernels);
                break;
            case "gptq.hinv":
                CompareFactor(golden, kernels);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CompareCodes(QuantizationCase golden, Kernels kernels)
    {
        using Matrix weight = golden.Input("W");
        InputStatistics inputs = golden.Statistics(kernels);
        SquareMatrix hessian = inputs.Hessian();
        QuantizationCase.NearLargest(golden.Floats("H_diag"), QuantizationCase.Diagonal(hessian), 1e-6, "H");
        int group = golden.Parameter("groupsize");
        var scheme = new QuantScheme
        {
            Weights = NumericFormats.Int(golden.Parameter("bits")),
            Symmetric = golden.Flag("sym"),
            Granularity = group > 0 ? Granularity.Group(group) : Granularity.Channel,
        };
        var gptq = new Gptq
        {
            ActOrder = golden.Flag("actorder"),
            StaticGroups = golden.Flag("static_groups"),
            SearchClip = golden.Flag("mse"),
            Damping = golden.Params.GetProperty("percdamp").GetDouble(),
            BlockSize = golden.Parameter("blocksize"),
        };
        GptqResult result = gptq.Quantize(weight, hessian, scheme, kernels);

        if (golden.Has("perm"))
            Assert.Equal(golden.Ints("perm"), result.Order);
        if (golden.Has("group_index") && group > 0)
            Assert.Equal(golden.Ints("group_index"), result.GroupOfColumn);
        QuantizationCase.NearLargest(golden.Floats("cholesky_upper_of_inverse_diag"), QuantizationCase.Diagonal(result.Factor!), 1e-4, "factor");
        QuantizationCase.NearLargest(golden.Floats("cholesky_upper_of_inverse_row0"), QuantizationCase.Floats(result.Factor!)[..weight.Columns], 1e-4, "factor, row 0");
        float[] scales = golden.Floats("scale"), zeros = golden.Floats("zero");
        // Grids that are fitted to compensated weights carry the reference's own single-precision noise, which the case states.
        float noise = group > 0 && !golden.Flag("static_groups") ? (float)golden.Number("max_abs_dequant_difference_float64_run") : 0;
        for (int row = 0; row < result.Rows; row++)
            for (int g = 0; g < result.GroupCount; g++)
            {
                Assert.Equal(scales[row * result.GroupCount + g], result.Grid(row, g).Scale, 1e-6f * scales[row * result.GroupCount + g] + noise);
                Assert.Equal(zeros[row * result.GroupCount + g], result.Grid(row, g).Zero);
            }
        Assert.Empty(Differences(golden, result));
        Assert.Equal(golden.Number("loss_sum"), result.Loss, 1e-3 * golden.Number("loss_sum"));
    }

    // The row and column of each code that differs, but for the exact half steps that the case lists.
    private static IEnumerable<(int Row, int Column)> Differences(QuantizationCase golden, GptqResult result)
    {
        int[] codes = golden.Ints("codes");
        var ties = golden.Has("exact_ties_in_first_processed_column_rows") ? golden.Ints("exact_ties_in_first_processed_column_rows").ToHashSet() : [];
        for (int row = 0; row < result.Rows; row++)
            for (int column = 0; column < result.Columns; column++)
                if (codes[row * result.Columns + column] != result.Code(row, column) && !(ties.Contains(row) && column == result.Order[0]))
                    yield return (row, column);
    }

    private static void CompareHessian(QuantizationCase golden, Kernels kernels)
    {
        SquareMatrix hessian = golden.Statistics(kernels).Hessian();
        QuantizationCase.NearLargest(golden.Floats("H"), QuantizationCase.Floats(hessian), 1e-6, "H");
    }

    private static void CompareFactor(QuantizationCase golden, Kernels kernels)
    {
        using Matrix h = golden.Input("H");
        var hessian = new SquareMatrix(h.Rows);
        double mean = Enumerable.Range(0, h.Rows).Average(i => (double)h[i, i]);
        for (int i = 0; i < h.Rows; i++)
            for (int j = 0; j < h.Rows; j++)
                hessian[i, j] = h[i, j] + (i == j ? golden.Params.GetProperty("percdamp").GetDouble() * mean : 0);
        SquareMatrix upper = Cholesky.UpperOfInverse(hessian, kernels)!;
        QuantizationCase.NearLargest(golden.Floats("upper"), QuantizationCase.Floats(upper), 1e-4, "upper");
        QuantizationCase.NearLargest(golden.Floats("inverse"), QuantizationCase.Floats(Squared(upper)), 1e-4, "inverse");
    }

    // UᵀU.
    private static SquareMatrix Squared(SquareMatrix upper)
    {
        var product = new SquareMatrix(upper.Size);
        for (int i = 0; i < upper.Size; i++)
            for (int j = 0; j < upper.Size; j++)
                product[i, j] = Enumerable.Range(0, upper.Size).Sum(k => upper[k, i] * upper[k, j]);
        return product;
    }
}
