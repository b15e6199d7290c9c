using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Tests.Numerics;

/// <summary>Matrices for kernel cases from a fixed stream (splitmix64).</summary>
public sealed class CaseRandom(int seed)
{
    private static readonly float[] Oddities = [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e-42f, -3e-39f, 0f, -0f, 1e30f, -1e-30f];

    private ulong state = (ulong)seed * 1_000_003 + 1;

    /// <summary>Values around ±<paramref name="size"/>, a share of them zeros of both signs, subnormals, infinities, NaN.</summary>
    public Matrix Matrix(int rows, int columns, double oddShare = 0, float size = 1)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref float value in matrix.Span)
            value = Unit() < oddShare ? Oddities[(int)(Unit() * Oddities.Length)] : size * (float)(Unit() + Unit() + Unit() - 1.5);
        return matrix;
    }

    /// <summary>A matrix of random codes, scales and zero points.</summary>
    public QuantizedMatrix Quantized(int rows, int columns, int bits, int groupSize, bool symmetric)
    {
        var format = NumericFormats.Int(bits);
        var matrix = new QuantizedMatrix(rows, columns, format, Math.Min(groupSize, columns), symmetric);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetGrid(row, group, new QuantGrid((float)(0.01 + Unit()), symmetric ? format.MiddleCode : (int)(Unit() * (1 << bits))));
            for (int column = 0; column < columns; column++)
                matrix.SetCode(row, column, (int)(Unit() * (1 << bits)));
        }
        return matrix;
    }

    /// <summary>A whole number below a bound.</summary>
    public int Below(int bound) => (int)(Unit() * bound);

    /// <summary>In [0, 1).</summary>
    public double Unit()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
