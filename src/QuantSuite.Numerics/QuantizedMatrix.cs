using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// Packed codes, scales and zero points of one weight [out, in]. value = fl(fl(table[code] − zero)·scale), the same in every kernel.
/// </summary>
/// <remarks>
/// Layout. Columns are taken in blocks of 32, rows in panels of 16. A code of b bits is split into bit planes of 8, 4, 2 and 1 bits, lowest bits
/// first, widest plane first (3 = 2 + 1, 5 = 4 + 1 …). A plane of p bits of one block is p vectors of 16 32-bit words, one word a row: word v of row r
/// holds the columns 32·v/p … 32·(v+1)/p − 1 of the block, lowest bits first. So a block takes exactly 64·b bytes, a vector load yields 16 rows at once, and
/// a table look-up in a register (vpermps) needs only a shift.
/// Scales are float32 [panel][group][16]; zero points bytes [panel][group][16], absent where the grid is symmetric.
/// </remarks>
public sealed unsafe class QuantizedMatrix : PanelMatrix
{
    /// <summary>Columns of one block.</summary>
    public const int BlockWidth = 32;

    private readonly NativeBuffer codes;
    private readonly NativeBuffer scales;
    private readonly NativeBuffer? zeros;
    private readonly float[] table;

    /// <summary>Room for a weight [rows, columns]; <see cref="SetGrid"/> and <see cref="SetCode"/> fill it.</summary>
    /// <param name="format">A format of at most 8 bits.</param>
    /// <param name="groupSize">Columns that share a scale; the last group of a row may be shorter.</param>
    /// <param name="symmetric">Whether all zero points are the format's middle (or it has none).</param>
    public QuantizedMatrix(int rows, int columns, NumericFormat format, int groupSize, bool symmetric)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(format.Bits, 8, nameof(format));
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        Format = format;
        GroupSize = groupSize;
        IsSymmetric = symmetric;
        GroupCount = (columns + groupSize - 1) / groupSize;
        BlockCount = (columns + BlockWidth - 1) / BlockWidth;
        codes = new NativeBuffer((long)PanelCount * BlockCount * format.Bits * 64);
        scales = new NativeBuffer((long)PanelCount * GroupCount * PanelWidth * sizeof(float));
        zeros = symmetric ? null : new NativeBuffer((long)PanelCount * GroupCount * PanelWidth);
        MiddleZero = symmetric && format is IntegerFormat integer ? integer.MiddleCode : 0;
        table = [.. format.Values];
        Planes = BitPlanes(format.Bits);
        LookUpTable = format.Bits > 4 ? default : RepeatTable();
    }

    /// <summary>The code format.</summary>
    public NumericFormat Format { get; }

    /// <summary>Columns that share a scale.</summary>
    public int GroupSize { get; }

    /// <summary>Groups in a row.</summary>
    public int GroupCount { get; }

    /// <summary>Blocks of 32 columns in a row, the last one filled up.</summary>
    public int BlockCount { get; }

    /// <summary>Whether there are no stored zero points.</summary>
    public bool IsSymmetric { get; }

    /// <summary>The zero point of every group of a symmetric matrix.</summary>
    public float MiddleZero { get; }

    /// <summary>Widths of the bit planes, widest first.</summary>
    public IReadOnlyList<int> Planes { get; }

    /// <summary>The value of each code before zero point and scale.</summary>
    public ReadOnlySpan<float> Table => table;

    /// <summary>The table of at most 16 entries less <see cref="MiddleZero"/>, repeated to fill a register; all zeros where codes are wider than 4 bits.</summary>
    internal Vector512<float> LookUpTable { get; }

    /// <summary>Codes: [panel][block][64·bits bytes].</summary>
    public byte* Codes => codes.Pointer;

    /// <summary>Scales: [panel][group][16].</summary>
    public float* Scales => (float*)scales.Pointer;

    /// <summary>Zero points: [panel][group][16], or null.</summary>
    public byte* Zeros => zeros is null ? null : zeros.Pointer;

    /// <inheritdoc/>
    public override long ByteCount => codes.ByteCount + scales.ByteCount + (zeros?.ByteCount ?? 0);

    /// <inheritdoc/>
    public override float this[int row, int column] => (table[Code(row, column)] - Zero(row, column / GroupSize)) * Scale(row, column / GroupSize);

    /// <summary>The bit planes of a code of so many bits: 8, 4, 2, 1, widest first.</summary>
    public static IReadOnlyList<int> BitPlanes(int bits) => [.. new[] { 8, 4, 2, 1 }.Where(width => (bits & width) != 0)];

    /// <summary>The code of one weight.</summary>
    public int Code(int row, int column)
    {
        int code = 0, shift = 0;
        uint* plane = Block(row, column);
        foreach (int width in Planes)
        {
            (int word, int bit) = Position(column, width);
            code |= (int)((plane[word * PanelWidth + row % PanelWidth] >> bit) & ((1u << width) - 1)) << shift;
            shift += width;
            plane += width * PanelWidth;
        }
        return code;
    }

    /// <summary>The scale of a group of a row.</summary>
    public float Scale(int row, int group) => Scales[GroupIndex(row, group)];

    /// <summary>The zero point of a group of a row.</summary>
    public float Zero(int row, int group) => zeros is null ? MiddleZero : Zeros[GroupIndex(row, group)];

    /// <summary>Sets scale and zero point of a group of a row.</summary>
    public void SetGrid(int row, int group, QuantGrid grid)
    {
        Scales[GroupIndex(row, group)] = grid.Scale;
        if (zeros is not null)
            Zeros[GroupIndex(row, group)] = checked((byte)grid.Zero);
        else if (grid.Zero != MiddleZero)
            throw new ArgumentException($"A symmetric {Format} matrix has the zero point {MiddleZero}, got {grid.Zero}.", nameof(grid));
    }

    /// <summary>Sets the code of one weight.</summary>
    public void SetCode(int row, int column, int code)
    {
        uint* plane = Block(row, column);
        foreach (int width in Planes)
        {
            (int word, int bit) = Position(column, width);
            uint mask = (1u << width) - 1;
            ref uint target = ref plane[word * PanelWidth + row % PanelWidth];
            target = (target & ~(mask << bit)) | (((uint)code & mask) << bit);
            code >>= width;
            plane += width * PanelWidth;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        codes.Dispose();
        scales.Dispose();
        zeros?.Dispose();
    }

    private Vector512<float> RepeatTable()
    {
        Span<float> entries = stackalloc float[PanelWidth];
        for (int i = 0; i < PanelWidth; i++)
            entries[i] = table[i % table.Length] - MiddleZero;
        return Vector512.Create<float>(entries);
    }

    private uint* Block(int row, int column) => (uint*)(Codes + ((long)(row / PanelWidth) * BlockCount + column / BlockWidth) * Format.Bits * 64);

    private long GroupIndex(int row, int group) => ((long)(row / PanelWidth) * GroupCount + group) * PanelWidth + row % PanelWidth;

    private static (int Word, int Bit) Position(int column, int width)
    {
        int perWord = 32 / width, within = column % BlockWidth;
        return (within / perWord, within % perWord * width);
    }
}
