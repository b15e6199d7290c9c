using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>SpQR against Vahe1994/SpQR (goldens/quantization/spqr).</summary>
public class SpqrGoldenTests
{
    private const string Folder = "quantization/spqr";

    public static TheoryData<string> Cases() => Goldens.Cases(Folder, "case-*.json");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Equals_the_reference(string file)
    {
        var golden = new GoldenCase(Folder, file);
        Assert.True(golden.Op == "spqr.quantize", $"{file}: unknown operation {golden.Op}");
        using Kernels kernels = Kernels.Create(2);
        using InputStatistics inputs = golden.Inputs(kernels);
        using Matrix original = golden.Input("W");
        SquareMatrix hessian = inputs.Hessian();
        int[] order = golden.Text("permutation_order") switch
        {
            "identity" => [.. Enumerable.Range(0, original.Columns)],
            "act_order" => [.. Enumerable.Range(0, original.Columns).OrderByDescending(column => hessian[column, column])],
            var other => throw new NotSupportedException($"{file}: unknown order {other}"),
        };
        using Matrix weight = Permuted(original, order);
        SquareMatrix damped = hessian.Permute(order);
        DampedHessian.RemoveDeadInputs(damped, weight);
        SquareMatrix factor = DampedHessian.Factor(damped, golden.OptionalDouble("percdamp")!.Value, kernels, _ => { });
        var rounding = new SpqrRounding(weight, factor, Settings(golden), kernels);

        Assert.Equal(golden.Ints("codes_in_processing_order"), rounding.Codes.Select(code => (int)code));
        var grids = from row in Enumerable.Range(0, weight.Rows) from g in Enumerable.Range(0, rounding.GroupCount) select rounding.Grid(row, g);
        GoldenCase.AssertClose(golden.Floats("group_scale"), grids.Select(grid => grid.Scale), 1e-6, "scale");
        GoldenCase.AssertClose(golden.Floats("group_zero"), grids.Select(grid => grid.Zero), 1e-6, "zero");
        AssertSecondLevel(golden, "scale", rounding.ScaleCodes, rounding.ScaleGrids);
        AssertSecondLevel(golden, "zero", rounding.ZeroCodes, rounding.ZeroGrids);
        if (golden.Expects("outlier_mask"))
        {
            Assert.Equal(golden.Ints("outlier_mask"), rounding.Outliers.Select(outlier => outlier ? 1 : 0));
            golden.AssertScalar("outlier_threshold_absolute", rounding.Threshold, 1e-4);
        }
        golden.AssertScalar("outlier_fraction", rounding.Outliers.Count(outlier => outlier) / (double)rounding.Outliers.Length, 1e-9);
        if (golden.Expects("perm"))
            Assert.Equal(golden.Ints("perm"), order);
        golden.AssertScalar("loss_sum", rounding.Loss, 1e-3);
        if (golden.Expects("leave_one_out_error_first_group"))
            AssertLeaveOneOut(golden, Permuted(original, order), factor);
        using Matrix restored = Permuted(weight, [.. Enumerable.Range(0, order.Length).OrderBy(i => order[i])]);
        golden.AssertDequantized(restored);
        golden.AssertScalar("rel_output_error", GoldenCase.RelativeOutputError(original, restored, hessian), 1e-3);
    }

    private static SpqrSettings Settings(GoldenCase golden) => new()
    {
        Bits = golden.Int("bits"),
        GroupSize = golden.Int("groupsize"),
        SecondGroupSize = golden.Int("qq_groupsize"),
        ScaleBits = golden.OptionalInt("qq_scale_bits"),
        ZeroBits = golden.OptionalInt("qq_zero_bits"),
        RoundZero = golden.Flag("round_zero"),
        Threshold = golden.OptionalDouble("outlier_threshold"),
        SimplifiedOutliers = golden.Flag("simplified_outliers"),
        BlockSize = golden.Int("blocksize"),
    };

    private static void AssertSecondLevel(GoldenCase golden, string name, byte[] codes, SpqrGrid[] grids)
    {
        if (!golden.Expects($"{name}_codes"))
            return;
        Assert.Equal(golden.Ints($"{name}_codes"), codes.Select(code => (int)code));
        GoldenCase.AssertClose(golden.Floats($"{name}_second_level_scale"), grids.Select(grid => grid.Scale), 1e-6, $"second-level scale of the {name}s");
        GoldenCase.AssertClose(golden.Floats($"{name}_second_level_zero"), grids.Select(grid => grid.Zero), 1e-6, $"second-level zero of the {name}s");
    }

    private static void AssertLeaveOneOut(GoldenCase golden, Matrix weight, SquareMatrix factor)
    {
        int size = golden.Int("groupsize");
        float[] pivots = [.. Enumerable.Range(0, size).Select(column => (float)factor[column, column])];
        var gains = new double[weight.Rows * size];
        for (int row = 0; row < weight.Rows; row++)
            SpqrRounding.LeaveOneOut(weight.Row(row)[..size], pivots, golden.Int("bits"), gains.AsSpan(row * size, size));
        GoldenCase.AssertNear([.. golden.Floats("leave_one_out_error_first_group").Select(value => (double)value)], gains, 1e-4, "leave-one-out error");
        weight.Dispose();
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
