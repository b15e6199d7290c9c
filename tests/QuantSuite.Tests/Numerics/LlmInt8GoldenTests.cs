using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>The mixed product of LLM.int8() against bitsandbytes (../shared/goldens/quantization/llm-int8).</summary>
public sealed class LlmInt8GoldenTests
{
    private const string Folder = "quantization/llm-int8";

    public static TheoryData<string> Cases() => Goldens.Cases(Folder, "case-*.json");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void CodesAndOutputsEqualTheReference(string file)
    {
        var golden = new GoldenCase(Folder, file);
        using Kernels kernels = Kernels.Create(2);
        using Matrix x = golden.Input("X"), w = golden.Input("W"), y = new(x.Rows, w.Rows);
        int[] columns = golden.ExpectedIntegers("outlier_columns");
        using var codes = new QuantizedRows(x.Rows, x.Columns);
        kernels.QuantizeRows(x, NumericFormats.Int(8), columns, golden.Parameters.GetProperty("threshold").GetSingle(), codes);
        Assert.Equal(golden.ExpectedIntegers("x_codes"), Enumerable.Range(0, x.Rows).SelectMany(row => codes.Row(row).ToArray().Select(code => (int)code)));

        using (var dequantized = new MixedColumns(Integers(golden, w), columns))
        {
            kernels.Multiply(x, codes, dequantized, y);
            AssertClose(golden.Expected("output_exact_from_codes"), y);
        }
        using var dense = new MixedColumns(Integers(golden, w), columns, columns.Length == 0 ? null : Columns(w, columns));
        kernels.Multiply(x, codes, dense, y);
        AssertClose(golden.Expected("output_with_float16_weights_for_outlier_columns"), y);
    }

    private static QuantizedMatrix Integers(GoldenCase golden, Matrix w)
    {
        int[] codes = golden.ExpectedIntegers("w_codes");
        using Matrix largest = golden.Expected("w_row_absmax");
        var integers = new QuantizedMatrix(w.Rows, w.Columns, NumericFormats.Int(8), w.Columns, symmetric: true);
        for (int row = 0; row < w.Rows; row++)
        {
            integers.SetGrid(row, 0, new QuantGrid(largest[0, row] / 127, integers.MiddleZero));
            for (int column = 0; column < w.Columns; column++)
                integers.SetCode(row, column, codes[row * w.Columns + column] + (int)integers.MiddleZero);
        }
        return integers;
    }

    private static DensePanels Columns(Matrix w, int[] columns)
    {
        using var chosen = new Matrix(w.Rows, columns.Length);
        for (int row = 0; row < w.Rows; row++)
            for (int i = 0; i < columns.Length; i++)
                chosen[row, i] = w[row, columns[i]];
        return new DensePanels(chosen, NumericFormats.Fp16);
    }

    private static void AssertClose(Matrix expected, Matrix actual)
    {
        float largest = 0;
        foreach (float value in expected.Span)
            largest = MathF.Max(largest, MathF.Abs(value));
        for (int i = 0; i < expected.Span.Length; i++)
            Assert.Equal(expected.Span[i], actual.Span[i], 2e-6f * largest);
        expected.Dispose();
    }
}
