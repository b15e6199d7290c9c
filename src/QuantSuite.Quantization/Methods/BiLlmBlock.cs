using QuantSuite.Numerics;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// One block of columns of a weight that BiLLM rounded. Every weight is one of four values of its row: those of the concentrated and the sparse region, μ ± α each, in the columns
/// that are not salient; those of the two passes, μ₁ ± α₁ + μ₂ ± α₂, in the salient ones.
/// </summary>
internal sealed class BiLlmBlock
{
    /// <summary>The region of small magnitudes.</summary>
    public const byte Concentrated = 1;

    /// <summary>The region of large magnitudes.</summary>
    public const byte Sparse = 2;

    /// <summary>The salient columns.</summary>
    public const byte Salient = 3;

    private const int TableSize = 4;

    private readonly float[] tables;
    private readonly byte[] codes;

    /// <summary>A block whose search is done.</summary>
    public BiLlmBlock(int first, int count, int[] salientColumns, double[] columnErrors, double[] splitErrors, int splitIndex, float split, byte[] regions)
    {
        First = first;
        Count = count;
        SalientColumns = salientColumns;
        ColumnErrors = columnErrors;
        SplitErrors = splitErrors;
        SplitIndex = splitIndex;
        Split = split;
        Regions = regions;
        codes = new byte[regions.Length];
        tables = new float[regions.Length / count * 2 * TableSize];
    }

    /// <summary>Its first column.</summary>
    public int First { get; }

    /// <summary>Its columns.</summary>
    public int Count { get; }

    /// <summary>The salient columns, ascending, counted from <see cref="First"/>.</summary>
    public int[] SalientColumns { get; }

    /// <summary>The mean squared error of the search for 1, 2, … salient columns.</summary>
    public double[] ColumnErrors { get; }

    /// <summary>The mean squared error of the search at each of 81 splits.</summary>
    public double[] SplitErrors { get; }

    /// <summary>Which split was best.</summary>
    public int SplitIndex { get; }

    /// <summary>The magnitude that divides concentrated from sparse.</summary>
    public float Split { get; }

    /// <summary>[out, columns of the block].</summary>
    public byte[] Regions { get; }

    /// <summary>The code of a weight, 0 to 3.</summary>
    public int Code(int row, int column) => codes[row * Count + column];

    /// <summary>The four values of a row, of its salient columns or of the others.</summary>
    public ReadOnlySpan<float> Table(int row, bool salient) => tables.AsSpan((row * 2 + (salient ? 1 : 0)) * TableSize, TableSize);

    /// <summary>The rounded value of a weight.</summary>
    public float Value(int row, int column) => Table(row, Regions[row * Count + column] == Salient)[Code(row, column)];

    /// <summary>Puts the rounded values in a weight.</summary>
    public void CopyTo(Matrix weight)
    {
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < Count; column++)
                weight[row, First + column] = Value(row, column);
    }

    /// <summary>Tables and codes of one row.</summary>
    public void Binarize(int row, ReadOnlySpan<float> values, Func<float, float> hold)
    {
        ReadOnlySpan<byte> regions = Regions.AsSpan(row * Count, Count);
        Span<float> table = tables.AsSpan(row * 2 * TableSize, 2 * TableSize);
        Binarization concentrated = Binarization.Fit(values, regions, Concentrated), sparse = Binarization.Fit(values, regions, Sparse), first = Binarization.Fit(values, regions, Salient);
        Span<float> rest = stackalloc float[Count];
        for (int i = 0; i < Count; i++)
            rest[i] = values[i] - first.Round(values[i]);
        Binarization second = Binarization.Fit(rest, regions, Salient);
        for (int sign = 0; sign < 2; sign++)
        {
            table[sign] = hold(sign == 0 ? concentrated.Mean - concentrated.Scale : concentrated.Scale + concentrated.Mean);
            table[2 + sign] = hold(sign == 0 ? sparse.Mean - sparse.Scale : sparse.Scale + sparse.Mean);
            for (int pass = 0; pass < 2; pass++)
                table[TableSize + 2 * sign + pass] = hold((sign == 0 ? first.Mean - first.Scale : first.Scale + first.Mean) + (pass == 0 ? second.Mean - second.Scale : second.Scale + second.Mean));
        }
        for (int i = 0; i < Count; i++)
            codes[row * Count + i] = (byte)(regions[i] switch
            {
                Concentrated => Sign(values[i], concentrated),
                Sparse => 2 + Sign(values[i], sparse),
                _ => 2 * Sign(values[i], first) + Sign(rest[i], second),
            });
    }

    private static int Sign(float value, Binarization binarization) => value >= binarization.Mean ? 1 : 0;
}
