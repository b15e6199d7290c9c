using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// A weight [out, in] of which a few values are kept apart: an outlier stands in the place of what the base matrix says there (SpQR, 2306.03078; PB-LLM, 2310.00034).
/// The values come out of both while a panel is decoded; no dense copy is ever made.
/// </summary>
/// <remarks>
/// Compressed sparse rows, taken panel by panel for the kernels: per row a 32-bit start; per outlier its column in 16 bits (32 where the weight has more than
/// 65,536 columns) and its value in fp16 or fp32. Columns of a row ascend, so a block of columns is found by halving.
/// </remarks>
public sealed unsafe class OutlierMatrix : PanelMatrix
{
    private readonly PanelMatrix inliers;
    private readonly NativeBuffer starts;
    private readonly NativeBuffer columnNumbers;
    private readonly NativeBuffer values;
    private readonly bool hasWideColumns;

    /// <summary>A weight that owns its base matrix.</summary>
    /// <param name="inliers">What holds the rest.</param>
    /// <param name="outliers">In any order; each place at most once.</param>
    /// <param name="valueFormat">fp32 or fp16, to which values are rounded.</param>
    /// <exception cref="ArgumentException">An outlier lies outside the weight, or two in one place.</exception>
    public OutlierMatrix(PanelMatrix inliers, IReadOnlyCollection<Outlier> outliers, ScaleFormat valueFormat)
        : base(inliers.Rows, inliers.Columns)
    {
        if (valueFormat is not (ScaleFormat.Fp32 or ScaleFormat.Fp16))
            throw new ArgumentException($"Outliers are held in fp32 or fp16, got {valueFormat}.", nameof(valueFormat));
        this.inliers = inliers;
        ValueFormat = valueFormat;
        hasWideColumns = Columns > 1 << 16;
        Count = outliers.Count;
        starts = new NativeBuffer((long)(Rows + 1) * sizeof(int));
        columnNumbers = new NativeBuffer((long)Count * (hasWideColumns ? sizeof(int) : sizeof(ushort)));
        values = new NativeBuffer((long)Count * (valueFormat == ScaleFormat.Fp32 ? sizeof(float) : sizeof(ushort)));
        Fill([.. outliers.OrderBy(outlier => outlier.Row).ThenBy(outlier => outlier.Column)]);
    }

    /// <summary>What holds the other values.</summary>
    public PanelMatrix Inliers => inliers;

    /// <summary>Outliers.</summary>
    public int Count { get; }

    /// <summary>fp32 or fp16.</summary>
    public ScaleFormat ValueFormat { get; }

    /// <inheritdoc/>
    public override long ByteCount => inliers.ByteCount + starts.ByteCount + columnNumbers.ByteCount + values.ByteCount;

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            int at = FirstFrom(row, column);
            return at < Starts[row + 1] && ColumnOf(at) == column ? ValueOf(at) : inliers[row, column];
        }
    }

    /// <summary>The outliers, row after row, columns ascending.</summary>
    public IEnumerable<Outlier> Outliers()
    {
        for (int row = 0; row < Rows; row++)
            for (int at = StartOf(row); at < StartOf(row + 1); at++)
                yield return new Outlier(row, ColumnOf(at), ValueOf(at));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        inliers.Dispose();
        starts.Dispose();
        columnNumbers.Dispose();
        values.Dispose();
    }

    internal override void Decode(int panel, int first, int count, float* destination)
    {
        inliers.Decode(panel, first, count, destination);
        int firstRow = panel * PanelWidth, rowCount = Math.Min(PanelWidth, Rows - firstRow), end = first + count == Columns ? int.MaxValue : first + count;
        if (hasWideColumns)
            Scatter((int*)columnNumbers.Pointer, Starts + firstRow, rowCount, first, end, destination - (nint)first * PanelWidth);
        else
            Scatter((ushort*)columnNumbers.Pointer, Starts + firstRow, rowCount, first, end, destination - (nint)first * PanelWidth);
    }

    internal override byte* Locate(int panel, int column, out nint columnBytes) => inliers.Locate(panel, column, out columnBytes);

    private int* Starts => (int*)starts.Pointer;

    private int StartOf(int row) => Starts[row];

    private int ColumnOf(int at) => hasWideColumns ? ((int*)columnNumbers.Pointer)[at] : ((ushort*)columnNumbers.Pointer)[at];

    private float ValueOf(int at) => ValueFormat == ScaleFormat.Fp32 ? ((float*)values.Pointer)[at] : (float)((Half*)values.Pointer)[at];

    // The outliers of a panel's rows in columns [first, end), to their places in [columns][16]; searches only where a row is cut.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter<TColumn>(TColumn* columns, int* rowStarts, int rowCount, int first, int end, float* destination)
        where TColumn : unmanaged, System.Numerics.IBinaryInteger<TColumn>
    {
        float* room = stackalloc float[PanelWidth], floats = (float*)values.Pointer;
        ushort* halves = ValueFormat == ScaleFormat.Fp16 ? (ushort*)values.Pointer : null;
        for (int row = 0; row < rowCount; row++, destination++)
        {
            int at = rowStarts[row], last = rowStarts[row + 1];
            if (first > 0)
                at = FirstFrom(columns, at, last, first);
            if (end < int.MaxValue)
                last = FirstFrom(columns, at, last, end);
            for (; at < last; at += PanelWidth)
            {
                float* source = floats + at;
                if (halves != null)
                {
                    PanelDecoder.FromHalf(halves + at).Store(room);
                    source = room;
                }
                int count = last - at < PanelWidth ? last - at : PanelWidth;
                for (int i = 0; i < count; i++)
                    destination[nint.CreateTruncating(columns[at + i]) * PanelWidth] = source[i];
            }
        }
    }

    // The first outlier of a row at or after a column.
    private int FirstFrom(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return hasWideColumns ? FirstFrom((int*)columnNumbers.Pointer, Starts[row], Starts[row + 1], column)
            : FirstFrom((ushort*)columnNumbers.Pointer, Starts[row], Starts[row + 1], column);
    }

    private static int FirstFrom<TColumn>(TColumn* columns, int low, int high, int column)
        where TColumn : unmanaged, System.Numerics.IBinaryInteger<TColumn>
    {
        while (low < high)
        {
            int middle = low + (high - low) / 2;
            if (int.CreateTruncating(columns[middle]) < column)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Fill(Outlier[] sorted)
    {
        for (int i = 0; i < sorted.Length; i++)
        {
            Outlier outlier = sorted[i];
            if ((uint)outlier.Row >= (uint)Rows || (uint)outlier.Column >= (uint)Columns)
                throw new ArgumentException($"An outlier at [{outlier.Row}, {outlier.Column}] lies outside the weight [{Rows}, {Columns}].");
            if (i > 0 && (outlier.Row, outlier.Column) == (sorted[i - 1].Row, sorted[i - 1].Column))
                throw new ArgumentException($"Two outliers at [{outlier.Row}, {outlier.Column}]; one was expected.");
            if (hasWideColumns)
                ((int*)columnNumbers.Pointer)[i] = outlier.Column;
            else
                ((ushort*)columnNumbers.Pointer)[i] = (ushort)outlier.Column;
            if (ValueFormat == ScaleFormat.Fp32)
                ((float*)values.Pointer)[i] = outlier.Value;
            else
                ((Half*)values.Pointer)[i] = (Half)outlier.Value;
            Starts[outlier.Row + 1]++;
        }
        for (int row = 0; row < Rows; row++)
            Starts[row + 1] += Starts[row];
    }
}

/// <summary>One value of a weight that is kept apart.</summary>
public readonly record struct Outlier(int Row, int Column, float Value);
