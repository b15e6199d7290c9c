using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>SpQR against the authors' code (../shared/goldens/quantization/spqr).</summary>
public class SpqrGoldenTests
{
    // What the reference's single precision does to compensated weights, in codes (the goldens' README: normally below 2e-5, always below 6e-5).
    private const double Noise = 2e-5;

    public static TheoryData<string> Cases() => QuantizationCase.All("spqr");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("spqr", file);
        if (golden.Op != "spqr.quantize")
            throw golden.Unknown();
        using Kernels kernels = Kernels.Create(2);
        using InputStatistics inputs = golden.Statistics(kernels);
        using Matrix original = golden.Input("W"), samples = golden.Samples();
        SquareMatrix hessian = inputs.Hessian();
        int[] order = golden.Text("permutation_order") switch
        {
            "identity" => [.. Enumerable.Range(0, original.Columns)],
            "act_order" => [.. Enumerable.Range(0, original.Columns).OrderByDescending(column => hessian[column, column])],
            _ => throw golden.Unknown(),
        };
        using Matrix permuted = Permuted(original, order), weight = Permuted(original, order);
        SquareMatrix damped = hessian.Permute(order);
        DampedHessian.RemoveDeadInputs(damped, weight);
        SquareMatrix factor = DampedHessian.Factor(damped, golden.OptionalNumber("percdamp")!.Value, kernels, _ => { });
        var rounding = new SpqrRounding(weight, factor, Settings(golden), kernels);

        Assert.Equal(golden.Ints("codes_in_processing_order"), rounding.Codes.Select(code => (int)code));
        CompareGrids(golden, rounding, weight.Rows);
        CompareSecondLevel(golden, "scale", rounding.ScaleCodes, rounding.ScaleGrids);
        CompareSecondLevel(golden, "zero", rounding.ZeroCodes, rounding.ZeroGrids);
        if (golden.Has("outlier_mask"))
        {
            Assert.Equal(golden.Ints("outlier_mask"), rounding.Outliers.Select(outlier => outlier ? 1 : 0));
            golden.NearNumber("outlier_threshold_absolute", rounding.Threshold, 1e-4);
        }
        Assert.Equal(golden.Number("outlier_fraction"), rounding.Outliers.Average(outlier => outlier ? 1.0 : 0), 1e-7);
        if (golden.Has("perm"))
            Assert.Equal(golden.Ints("perm"), order);
        if (golden.Has("leave_one_out_error_first_group"))
            CompareLeaveOneOut(golden, permuted, factor);
        golden.NearNumber("loss_sum", rounding.Loss, 1e-3);
        using Matrix restored = Permuted(weight, [.. Enumerable.Range(0, order.Length).OrderBy(i => order[i])]);
        golden.NearSummary("dequant", restored);
        golden.NearNumber("rel_output_error", QuantizationCase.OutputError(samples, original, restored), 1e-3);
    }

    private static SpqrSettings Settings(QuantizationCase golden) => new()
    {
        Bits = golden.Parameter("bits"),
        GroupSize = golden.Parameter("groupsize"),
        SecondGroupSize = golden.Parameter("qq_groupsize"),
        ScaleBits = (int?)golden.OptionalNumber("qq_scale_bits"),
        ZeroBits = (int?)golden.OptionalNumber("qq_zero_bits"),
        RoundZero = golden.Flag("round_zero"),
        Threshold = golden.OptionalNumber("outlier_threshold"),
        SimplifiedOutliers = golden.Flag("simplified_outliers"),
        BlockSize = golden.Parameter("blocksize"),
    };

    // The first group has seen no compensation, so its grids are exact; a rounded grid is on its second level's steps.
    private static void CompareGrids(QuantizationCase golden, SpqrRounding rounding, int rows)
    {
        float[] scales = golden.Floats("group_scale"), zeros = golden.Floats("group_zero");
        for (int i = 0; i < rows * rounding.GroupCount; i++)
        {
            SpqrGrid grid = rounding.Grid(i / rounding.GroupCount, i % rounding.GroupCount);
            double relative = i % rounding.GroupCount == 0 ? 1e-6 : Noise;
            Assert.Equal(scales[i], grid.Scale, relative * scales[i]);
            Assert.Equal(zeros[i], grid.Zero, relative * Math.Max(1, Math.Abs(zeros[i])));
        }
    }

    private static void CompareSecondLevel(QuantizationCase golden, string name, byte[] codes, SpqrGrid[] grids)
    {
        if (!golden.Has($"{name}_codes"))
            return;
        Assert.Equal(golden.Ints($"{name}_codes"), codes.Select(code => (int)code));
        QuantizationCase.Near(golden.Floats($"{name}_second_level_scale"), [.. grids.Select(grid => grid.Scale)], Noise, $"second-level scale of the {name}s");
        QuantizationCase.Near(golden.Floats($"{name}_second_level_zero"), [.. grids.Select(grid => grid.Zero)], Noise, $"second-level zero of the {name}s");
    }

    private static void CompareLeaveOneOut(QuantizationCase golden, Matrix weight, SquareMatrix factor)
    {
        int size = golden.Parameter("groupsize");
        float[] pivots = [.. Enumerable.Range(0, size).Select(column => (float)factor[column, column])];
        var gains = new double[weight.Rows * size];
        for (int row = 0; row < weight.Rows; row++)
            SpqrRounding.LeaveOneOut(weight.Row(row)[..size], pivots, golden.Parameter("bits"), gains.AsSpan(row * size, size));
        QuantizationCase.NearLargest(golden.Floats("leave_one_out_error_first_group"), [.. gains.Select(gain => (float)gain)], 1e-4, "leave-one-out error");
    }

    private static Matrix Permuted(Matrix matrix, int[] order)
    {
        var result = new Matrix(matrix.Rows, matrix.Columns);
        for (int row = 0; row < matrix.Rows; row++)
            for (int column = 0; column < order.Length; column++)
                result[row, column] = matrix[row, order[column]];
        return result;
    }
}
