using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>HQQ against mobiusml's hqq (../shared/goldens/quantization/hqq).</summary>
public class HqqGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("hqq");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("hqq", file);
        switch (golden.Op)
        {
            case "hqq.quantize":
                CheckQuantize(golden);
                break;
            case "hqq.shrink":
                float[] x = golden.Floats(golden.Inputs.GetProperty("x"));
                QuantizationCase.Near(golden.Floats("y"), Array.ConvertAll(x, value => Hqq.Shrink(value, golden.Parameter("beta"))), 1e-6, "y");
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CheckQuantize(QuantizationCase golden)
    {
        using var kernels = Kernels.Create(2);
        using Matrix weight = golden.Input("W");
        int size = golden.Parameter("group"), bits = golden.Parameter("bits");
        bool acrossRows = golden.Parameter("axis") == 0;
        using Matrix groups = Grouped(weight, size, acrossRows);
        bool roundZero = golden.Flag("round_zero"), optimize = golden.Flag("optimize", true);
        Hqq.Fitted first = Hqq.Fit(groups, bits, size, kernels, roundZero, 0), fitted = optimize ? Hqq.Fit(groups, bits, size, kernels, roundZero) : first;

        QuantizationCase.Near(golden.Floats("scale"), fitted.InverseScales.Span.ToArray().Select(s => 1 / s).ToArray(), 1e-6, "scale");
        QuantizationCase.NearLargest(golden.Floats("zero"), fitted.Zeros.Span, 1e-6, "zero");
        if (optimize)
        {
            QuantizationCase.Near(golden.Floats("initial_inverse_scale"), first.InverseScales.Span, 1e-6, "initial scale");
            QuantizationCase.Near(golden.Floats("initial_zero"), first.Zeros.Span, 1e-6, "initial zero");
            QuantizationCase.NearLargest(golden.Floats("zero_after_first_iteration"), Hqq.Fit(groups, bits, size, kernels, roundZero, 1).Zeros.Span, 1e-6, "zero after one");
            double[] errors = [.. golden.Expected.GetProperty("mean_abs_error_per_iteration").EnumerateArray().Select(value => value.GetDouble())];
            Assert.InRange(fitted.Errors.Count, errors.Length - 1, errors.Length + 1);
            foreach ((double expected, double actual) in errors.Zip(fitted.Errors))
                Assert.Equal(expected, actual, 1e-3 * expected);
        }
        int[] codes = golden.Ints("codes_grouped");
        int groupCount = groups.Rows;
        using var dequantized = new Matrix(groups.Rows, size);
        for (int g = 0; g < groupCount; g++)
            for (int k = 0; k < size; k++)
            {
                int code = fitted.Encode(groups[g, k], g, 0);
                Assert.Equal(codes[acrossRows ? k * groupCount + g : g * size + k], code);
                dequantized[g, k] = (code - fitted.Zeros[g, 0]) * (1 / fitted.InverseScales[g, 0]);
            }
        using Matrix ungrouped = Ungrouped(dequantized, weight, acrossRows);
        golden.NearSummary("dequant", ungrouped);
        using Matrix samples = golden.Samples();
        Assert.Equal(golden.Number("rel_output_error"), QuantizationCase.OutputError(samples, weight, ungrouped), 1e-3 * golden.Number("rel_output_error"));
    }

    // [groups, size]: neighbours (axis 1), or every (number of groups)-th value of the flattened matrix (axis 0).
    private static Matrix Grouped(Matrix weight, int size, bool acrossRows)
    {
        var groups = new Matrix(weight.Span.Length / size, size);
        for (int i = 0; i < weight.Span.Length; i++)
            groups[acrossRows ? i % groups.Rows : i / size, acrossRows ? i / groups.Rows : i % size] = weight.Span[i];
        return groups;
    }

    private static Matrix Ungrouped(Matrix groups, Matrix like, bool acrossRows)
    {
        var matrix = new Matrix(like.Rows, like.Columns);
        for (int i = 0; i < matrix.Span.Length; i++)
            matrix.Span[i] = groups[acrossRows ? i % groups.Rows : i / groups.Columns, acrossRows ? i / groups.Rows : i % groups.Columns];
        return matrix;
    }
}
