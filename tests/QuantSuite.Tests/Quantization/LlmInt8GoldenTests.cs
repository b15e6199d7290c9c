using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Methods;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Quantization;

/// <summary>LLM.int8() as executed, with bitsandbytes' columns (../shared/goldens/quantization/llm-int8).</summary>
public class LlmInt8GoldenTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases() => QuantizationCase.All("llm-int8");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("llm-int8", file);
        if (golden.Op != "llmint8.mixed")
            throw golden.Unknown();
        using var kernels = Kernels.Create(2);
        using Matrix x = golden.Input("X"), weight = golden.Input("W");
        float threshold = golden.Parameter("threshold");
        float[] largest = new float[x.Columns];
        for (int row = 0; row < x.Rows; row++)
            for (int column = 0; column < x.Columns; column++)
                largest[column] = MathF.Max(largest[column], MathF.Abs(x[row, column]));
        int[] columns = LlmInt8.OutlierColumns(largest, threshold);
        Assert.Equal(golden.Ints("outlier_columns"), columns);

        var scheme = new QuantScheme { Weights = NumericFormats.Int(8), Symmetric = true };
        using QuantizedMatrix inliers = Rtn.RoundToNearest(weight, scheme);
        QuantizationCase.Near(golden.Floats("w_row_absmax"), [.. Enumerable.Range(0, weight.Rows).Select(row => inliers.Scale(row, 0) * 127)], 1e-6, "w_row_absmax");
        int ties = CompareCodes(golden.Ints("w_codes"), weight, (row, column) => inliers.Code(row, column) - 128, row => inliers.Scale(row, 0),
            (row, column, code) => inliers.SetCode(row, column, code + 128));

        using var codes = new QuantizedRows(x.Rows, x.Columns);
        kernels.QuantizeRows(x, NumericFormats.Int(8), columns, threshold, codes);
        float[] scales = ScalesOf(codes);
        QuantizationCase.Near(golden.Floats("x_row_absmax"), Array.ConvertAll(scales, scale => scale * 127), 1e-6, "x_row_absmax");
        ties += CompareCodes(golden.Ints("x_codes"), x, (row, column) => codes.Row(row)[column], row => scales[row], (row, column, code) => codes.Row(row)[column] = (sbyte)code);
        output.WriteLine($"{ties} codes differ at exactly half a step");

        Compare("output_exact_from_codes", new MixedColumns(inliers, columns));
        using Matrix outliers = new(weight.Rows, columns.Length);
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < columns.Length; i++)
                outliers[row, i] = weight[row, columns[i]];
        if (columns.Length > 0)
            Compare("output_with_float16_weights_for_outlier_columns", new MixedColumns(inliers, columns, new DensePanels(outliers, NumericFormats.Fp16)));

        void Compare(string name, MixedColumns mixed)
        {
            using var y = new Matrix(x.Rows, weight.Rows);
            kernels.Multiply(x, codes, mixed, y);
            QuantizationCase.NearLargest(golden.Floats(name), y.Span, 1e-5, name);
        }
    }

    // Equal, but where a value lies at half a step of the grid; there the reference's code is taken, so that the products can be compared.
    private static int CompareCodes(int[] expected, Matrix values, Func<int, int, int> code, Func<int, float> scale, Action<int, int, int> set)
    {
        int ties = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            int row = i / values.Columns, column = i % values.Columns;
            if (code(row, column) == expected[i])
                continue;
            double steps = Math.Abs((double)values[row, column] / scale(row));
            Assert.True(Math.Abs(steps - Math.Floor(steps) - 0.5) < 1e-5 && Math.Abs(code(row, column) - expected[i]) == 1,
                $"code [{row}, {column}]: expected {expected[i]}, got {code(row, column)} of {steps} steps");
            set(row, column, expected[i]);
            ties++;
        }
        return ties;
    }

    private static unsafe float[] ScalesOf(QuantizedRows rows) => new ReadOnlySpan<float>(rows.Scales, rows.Rows).ToArray();
}
