namespace QuantSuite.Numerics;

/// <summary>The codes of a weight [out, in], 1 to 8 bits each, packed without gaps.</summary>
/// <remarks>
/// Columns are taken in blocks of 32, rows in panels of 16. A block of a panel is b vectors of 16 32-bit words, one word a row, so it takes exactly 64·b bytes and a vector
/// load yields 16 rows at once. ⌊32/b⌋ codes to a word, lowest bits first, in ascending columns. Where b does not divide 32, the spare bits at the top of the block's
/// words, put end to end, hold the columns left over (3 bits: three words of ten codes, two spare bits each hold two more). A look-up in a register needs only the low
/// bits of a word, so the next column is one shift away.
/// </remarks>
public sealed unsafe class PackedCodes : IDisposable
{
    /// <summary>Columns of one block.</summary>
    public const int BlockWidth = 32;

    private const int Width = PanelMatrix.PanelWidth;

    private readonly NativeBuffer buffer;

    /// <summary>Room for codes, all 0.</summary>
    public PackedCodes(int rows, int columns, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        Rows = rows;
        Columns = columns;
        Bits = bits;
        BlockCount = (columns + BlockWidth - 1) / BlockWidth;
        buffer = new NativeBuffer((long)((rows + Width - 1) / Width) * BlockCount * bits * 64);
    }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Bits of a code.</summary>
    public int Bits { get; }

    /// <summary>Blocks of 32 columns in a row, the last one filled up.</summary>
    public int BlockCount { get; }

    /// <summary>Bytes held.</summary>
    public long ByteCount => buffer.ByteCount;

    /// <summary>[panel][block][64·bits bytes].</summary>
    public byte* Pointer => buffer.Pointer;

    /// <summary>The code of one weight. Rows may be set by several threads, each its own.</summary>
    public int this[int row, int column]
    {
        get
        {
            uint* block = Block(row, column);
            (int word, int bit) = Position(column);
            if (word < Bits)
                return (int)(block[word * Width] >> bit) & LastCode;
            int code = 0;
            for (int i = 0; i < Bits; i++)
            {
                (word, int spareBit) = SparePosition(bit + i);
                code |= (int)((block[word * Width] >> spareBit) & 1) << i;
            }
            return code;
        }

        set
        {
            uint* block = Block(row, column);
            (int word, int bit) = Position(column);
            if (word < Bits)
                Set(ref block[word * Width], bit, LastCode, value & LastCode);
            else
                for (int i = 0; i < Bits; i++)
                {
                    (word, int spareBit) = SparePosition(bit + i);
                    Set(ref block[word * Width], spareBit, 1, (value >> i) & 1);
                }
        }
    }

    /// <summary>Sets the codes [columns] of a row, word by word: many times faster than one by one. Rows may be set by several threads, each its own.</summary>
    public void SetRow(int row, ReadOnlySpan<byte> codes)
    {
        if (codes.Length != Columns)
            throw new ArgumentException($"A row has {Columns} codes, got {codes.Length}.", nameof(codes));
        int perWord = 32 / Bits, inWords = perWord * Bits;
        for (int first = 0; first < Columns; first += BlockWidth)
        {
            uint* word = Block(row, first);
            ReadOnlySpan<byte> block = codes[first..Math.Min(first + BlockWidth, Columns)];
            for (int start = 0; start < inWords; start += perWord, word += Width)
            {
                uint bits = 0;
                for (int i = Math.Min(start + perWord, block.Length) - 1; i >= start; i--)
                    bits = bits << Bits | (uint)(block[i] & LastCode);
                *word = bits;
            }
            for (int i = inWords; i < block.Length; i++)
                this[row, first + i] = block[i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();

    /// <summary>The first word of a block of a panel; between blocks, the bytes before a column count evenly.</summary>
    internal byte* Locate(int panel, int column, out nint columnBytes)
    {
        columnBytes = Bits * 2;
        return Pointer + ((long)panel * BlockCount * BlockWidth + column) * columnBytes;
    }

    private int LastCode => (1 << Bits) - 1;

    private static void Set(ref uint word, int bit, int mask, int value) => word = (word & ~((uint)mask << bit)) | ((uint)value << bit);

    private uint* Block(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
        return (uint*)(Pointer + ((long)(row / Width) * BlockCount + column / BlockWidth) * Bits * 64) + row % Width;
    }

    // Word and bit of a column's code; past the words of the block, the place in the string of spare bits.
    private (int Word, int Bit) Position(int column)
    {
        int perWord = 32 / Bits, within = column % BlockWidth, word = Math.Min(within / perWord, Bits);
        return (word, (within - word * perWord) * Bits);
    }

    private (int Word, int Bit) SparePosition(int place)
    {
        int spare = 32 % Bits;
        return (place / spare, 32 - spare + place % spare);
    }
}
