using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One store of a weight [out, in] that serves several widths (Any-Precision, 2402.10517): the code of b bits is the b top bits of the widest code, and each width has a table for each
/// group of each row. Which width is served is a property; changing it moves nothing.
/// </summary>
/// <remarks>
/// Codes lie in bit planes, the top bit first: [panel][block of 32 columns][plane][16 rows] words of 32 bits, bit k of a word for column k. b bits of a block are its first 64·b bytes, so
/// a product reads no more than the width that it runs at. Tables are fp16, [panel][group][code][16] for each width.
/// </remarks>
public sealed unsafe class NestedMatrix : PanelMatrix
{
    private const int BlockWidth = PackedCodes.BlockWidth;

    private readonly NativeBuffer planes;
    private readonly FloatValues[] tables;
    private readonly int blockCount;
    private int bits;

    /// <summary>Room for a weight [rows, columns], served at its widest.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="seedBits">The narrowest width.</param>
    /// <param name="parentBits">The widest, at most 8.</param>
    /// <param name="groupSize">Columns of a row that share tables; the last group may be shorter.</param>
    public NestedMatrix(int rows, int columns, int seedBits, int parentBits, int groupSize)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seedBits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parentBits, 8);
        ArgumentOutOfRangeException.ThrowIfLessThan(parentBits, seedBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        SeedBits = seedBits;
        ParentBits = parentBits;
        GroupSize = Math.Min(groupSize, columns);
        GroupCount = (columns + GroupSize - 1) / GroupSize;
        blockCount = (columns + BlockWidth - 1) / BlockWidth;
        planes = new NativeBuffer((long)PanelCount * blockCount * parentBits * PanelWidth * sizeof(uint));
        tables = [.. Enumerable.Range(seedBits, parentBits - seedBits + 1).Select(width => new FloatValues(rows, checked(GroupCount << width), ScaleFormat.Fp16))];
        bits = parentBits;
    }

    /// <summary>The narrowest width.</summary>
    public int SeedBits { get; }

    /// <summary>The widest.</summary>
    public int ParentBits { get; }

    /// <summary>The width that is served.</summary>
    public int Bits
    {
        get => bits;
        set
        {
            if (value < SeedBits || value > ParentBits)
                throw new ArgumentOutOfRangeException(nameof(value), $"This store serves {SeedBits} to {ParentBits} bits, got {value}.");
            bits = value;
        }
    }

    /// <summary>Columns of a row that share tables.</summary>
    public int GroupSize { get; }

    /// <summary>Groups of a row.</summary>
    public int GroupCount { get; }

    /// <summary>Bytes of the width that is served: its planes and its tables.</summary>
    public override long ByteCount => planes.ByteCount / ParentBits * Bits + TablesOf(Bits).ByteCount;

    /// <summary>Bytes of the whole store.</summary>
    public long StoreByteCount => planes.ByteCount + tables.Sum(table => table.ByteCount);

    /// <inheritdoc/>
    public override float this[int row, int column] => Value(Bits, row, column / GroupSize, Code(row, column) >> (ParentBits - Bits));

    /// <summary>The widest code of one weight.</summary>
    public int Code(int row, int column)
    {
        uint* block = Block(row, column);
        int code = 0;
        for (int plane = 0; plane < ParentBits; plane++)
            code = code << 1 | (int)(block[plane * PanelWidth] >> column % BlockWidth & 1);
        return code;
    }

    /// <summary>Sets the widest code of one weight. Rows may be set by several threads, each its own.</summary>
    public void SetCode(int row, int column, int code)
    {
        uint* block = Block(row, column);
        uint mask = 1u << column % BlockWidth;
        for (int plane = 0; plane < ParentBits; plane++)
            block[plane * PanelWidth] = (code >> (ParentBits - 1 - plane) & 1) == 0 ? block[plane * PanelWidth] & ~mask : block[plane * PanelWidth] | mask;
    }

    /// <summary>What a code of some width means in a group of a row.</summary>
    public float Value(int width, int row, int group, int code) => TablesOf(width)[row, (group << width) + code];

    /// <summary>Sets what the codes of a width mean in a group of a row, rounded to fp16.</summary>
    public void SetTable(int width, int row, int group, ReadOnlySpan<float> values)
    {
        if (values.Length != 1 << width)
            throw new ArgumentException($"Row {row}, group {group}: {width} bits name {1 << width} values, got {values.Length}.", nameof(values));
        for (int code = 0; code < values.Length; code++)
            TablesOf(width)[row, (group << width) + code] = values[code];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        planes.Dispose();
        Array.ForEach(tables, table => table.Dispose());
    }

    internal override void Decode(int panel, int first, int count, float* destination) => Decoder(panel, first, count).Decode(Bits, destination);

    internal override void MultiplyRow(int panel, float* x, float* sums) => Decoder(panel, 0, Columns).Multiply(Bits, x, sums);

    internal override byte* Locate(int panel, int column, out nint columnBytes)
    {
        columnBytes = ParentBits * PanelWidth * sizeof(uint) / BlockWidth;
        return planes.Pointer + ((long)panel * blockCount * BlockWidth + column) * columnBytes;
    }

    private TableDecoder Decoder(int panel, int first, int count)
    {
        int width = Bits, firstTable = first / GroupSize << width, tableCount = (((first + count - 1) / GroupSize + 1) << width) - firstTable;
        float* values = TablesOf(width).Read(panel, firstTable, tableCount, Scratch.Grids((long)tableCount * PanelWidth));
        return new TableDecoder(Locate(panel, first, out _), ParentBits * PanelWidth, arePlanes: true, first, count, GroupSize, values);
    }

    private FloatValues TablesOf(int width) => tables[width - SeedBits];

    private uint* Block(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
        return (uint*)(planes.Pointer + ((long)(row / PanelWidth) * blockCount + column / BlockWidth) * ParentBits * PanelWidth * sizeof(uint)) + row % PanelWidth;
    }
}
