using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Benchmarks;

/// <summary>Matrices with plausible contents: speed does not depend on them, except through subnormals and infinities, which these have not.</summary>
internal static unsafe class Filling
{
    /// <summary>Activations or weights within ±1.</summary>
    public static Matrix Matrix(int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        uint state = 12345;
        float* values = matrix.Pointer;
        for (long i = 0; i < (long)rows * columns; i++)
            values[i] = (int)((state = state * 1664525 + 1013904223) >> 8) * (1f / (1 << 23)) - 1;
        return matrix;
    }

    /// <summary>A weight in fp32, bf16 or fp16 panels.</summary>
    public static DensePanels Dense(int rows, int columns, FloatingFormat format)
    {
        using Matrix matrix = Matrix(rows, columns);
        return new DensePanels(matrix, format);
    }

    /// <summary>A weight of random integers.</summary>
    public static QuantizedMatrix Quantized(int rows, int columns, int bits, int groupSize, bool symmetric) =>
        Quantized(rows, columns, NumericFormats.Int(bits), groupSize, symmetric);

    /// <summary>A weight of random codes with the scales of its format; no code of FP8 that is no number.</summary>
    public static QuantizedMatrix Quantized(int rows, int columns, NumericFormat format, int groupSize, bool symmetric)
    {
        var matrix = new QuantizedMatrix(rows, columns, format, Math.Min(groupSize, columns), symmetric);
        uint state = 54321, mask = format is IntegerFormat || format.Bits < 8 ? uint.MaxValue : 0xBBBBBBBB;
        long wordCount = (long)matrix.PanelCount * matrix.BlockCount * format.Bits * 16;
        for (long i = 0; i < wordCount; i++)
            ((uint*)matrix.Codes)[i] = (state = state * 1664525 + 1013904223) & mask;
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetGrid(row, group, new QuantGrid(0.015625f, matrix.Zeros is null ? matrix.MiddleZero : 1 << (format.Bits - 1)));
        return matrix;
    }

    /// <summary>Random integers of 3 bits with one weight of a hundred apart: SpQR's shape.</summary>
    public static OutlierMatrix Outliers(int rows, int columns)
    {
        var outliers = new List<Outlier>();
        uint state = 999;
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                if ((state = state * 1664525 + 1013904223) >> 8 < (1 << 24) / 100)
                    outliers.Add(new Outlier(row, column, 0.5f));
        return new OutlierMatrix(Quantized(rows, columns, 3, 16, symmetric: false), outliers, ScaleFormat.Fp16);
    }

    /// <summary>Random codes with a table for each row: Any-Precision's shape.</summary>
    public static TableMatrix Tables(int rows, int columns, int bits)
    {
        var matrix = new TableMatrix(rows, columns, bits, columns, ScaleFormat.Fp16);
        uint state = 77;
        for (int row = 0; row < rows; row++)
        {
            matrix.SetTable(row, 0, [.. Enumerable.Range(0, 1 << bits).Select(code => 0.01f * code)]);
            for (int column = 0; column < columns; column++)
                matrix.SetCode(row, column, (int)((state = state * 1664525 + 1013904223) >> 16));
        }
        return matrix;
    }
}
