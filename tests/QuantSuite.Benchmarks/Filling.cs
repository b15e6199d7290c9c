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

    /// <summary>A weight of random codes.</summary>
    public static QuantizedMatrix Quantized(int rows, int columns, int bits, int groupSize, bool symmetric)
    {
        var matrix = new QuantizedMatrix(rows, columns, NumericFormats.Int(bits), Math.Min(groupSize, columns), symmetric);
        uint state = 54321;
        long codeCount = (long)matrix.PanelCount * matrix.BlockCount * bits * 16;
        for (long i = 0; i < codeCount; i++)
            ((uint*)matrix.Codes)[i] = state = state * 1664525 + 1013904223;
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetGrid(row, group, new QuantGrid(0.01f, 1 << (bits - 1)));
        return matrix;
    }
}
