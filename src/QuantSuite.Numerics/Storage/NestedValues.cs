using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// Numbers that are quantized themselves: codes of 1 to 8 bits, a table of what the codes mean, and a second level of float32 numbers for a block of them.
/// number = fl(fl(fl(table[code] − zero)·scale) + offset), with scale and zero of the block and one offset for all.
/// </summary>
/// <remarks>
/// bitsandbytes' double quantization (QLoRA, 2305.14314): 8 bits, blocks of 256 scales of the matrix in row-major order, no zeros, an offset. SpQR (2306.03078): 3 bits,
/// blocks of 16 rows in one group, with zeros, no offset. GGUF's k-quants: 4 to 8 bits, blocks of 8 or 16 groups of a row.
/// A code of b bits takes b bits: a panel's sixteen codes of a group are b words of 16 bits, word p holding bit p of every row.
/// </remarks>
public sealed unsafe class NestedValues : GroupValues
{
    private readonly NativeBuffer codes;
    private readonly NativeBuffer table;
    private readonly NativeBuffer scales;
    private readonly NativeBuffer? zeros;
    private readonly int bits, flatBlock;
    private readonly bool areIntegers;

    /// <summary>Room for numbers.</summary>
    /// <param name="rows">Rows of the weight.</param>
    /// <param name="groupCount">Groups of a row.</param>
    /// <param name="table">What each code means: 2, 4, 8 … 256 numbers.</param>
    /// <param name="blockSize">Numbers that share a second level, counted in row-major order; 0 for the sixteen rows of a panel in each group.</param>
    /// <param name="hasZeros">Whether the second level has zeros.</param>
    public NestedValues(int rows, int groupCount, ReadOnlySpan<float> table, int blockSize, bool hasZeros = false)
        : base(rows, groupCount)
    {
        bits = int.Log2(table.Length);
        if (table.Length is < 2 or > 256 || table.Length != 1 << bits)
            throw new ArgumentException($"A table of codes holds 2, 4, 8 … 256 numbers, got {table.Length}.", nameof(table));
        ArgumentOutOfRangeException.ThrowIfNegative(blockSize);
        flatBlock = blockSize;
        BlockCount = blockSize == 0 ? (rows + Width - 1) / Width * groupCount : (int)(((long)rows * groupCount + blockSize - 1) / blockSize);
        codes = new NativeBuffer(PaddedCount / 8 * bits);
        scales = new NativeBuffer((long)BlockCount * sizeof(float));
        zeros = hasZeros ? new NativeBuffer((long)BlockCount * sizeof(float)) : null;
        this.table = new NativeBuffer(Math.Max(table.Length, Width) * sizeof(float));
        areIntegers = true;
        for (int i = 0; i < Math.Max(table.Length, Width); i++)
        {
            Table[i] = table[i % table.Length];
            areIntegers &= i >= table.Length || table[i] == i;
        }
    }

    /// <summary>Blocks of the second level.</summary>
    public int BlockCount { get; }

    /// <summary>Numbers that share a second level, in row-major order; 0 for the sixteen rows of a panel in each group.</summary>
    public int BlockSize => flatBlock;

    /// <summary>Whether the second level has zeros.</summary>
    public bool HasZeros => zeros is not null;

    /// <summary>What each code means.</summary>
    public ReadOnlySpan<float> Meanings => new(Table, 1 << bits);

    /// <summary>The scales of the second level.</summary>
    public ReadOnlySpan<float> BlockScales => new(Scales, BlockCount);

    /// <summary>The zeros of the second level, or nothing.</summary>
    public ReadOnlySpan<float> BlockZeros => zeros is null ? [] : new(Zeros, BlockCount);

    /// <summary>Added to every number.</summary>
    public float Offset { get; set; }

    /// <inheritdoc/>
    public override long ByteCount => codes.ByteCount + scales.ByteCount + (zeros?.ByteCount ?? 0) + (Offset == 0 ? 0 : sizeof(float));

    /// <inheritdoc/>
    public override float this[int row, int group]
    {
        get => NumberOf(Code(row, group), BlockOf(row, group));
        set
        {
            int block = BlockOf(row, group), code = 0;
            while (code < 1 << bits && NumberOf(code, block) != value)
                code++;
            if (code == 1 << bits)
                throw new ArgumentException($"Row {row}, group {group}: no code of {bits} bits means {value}; round it to the second level first.", nameof(value));
            SetCode(row, group, code);
        }
    }

    private float* Table => (float*)table.Pointer;

    private float* Scales => (float*)scales.Pointer;

    private float* Zeros => zeros is null ? null : (float*)zeros.Pointer;

    /// <summary>The block of the second level that a group of a row belongs to.</summary>
    public int BlockOf(int row, int group) => flatBlock == 0 ? row / Width * GroupCount + group : (int)(((long)row * GroupCount + group) / flatBlock);

    /// <summary>Sets the second level of a block.</summary>
    public void SetBlock(int block, float scale, float zero = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)BlockCount, nameof(block));
        Scales[block] = scale;
        if (zeros is not null)
            Zeros[block] = zero;
        else if (zero != 0)
            throw new ArgumentException($"This second level has no zeros, got {zero}.", nameof(zero));
    }

    /// <summary>Sets the code of a group of a row.</summary>
    public void SetCode(int row, int group, int code)
    {
        ushort* words = WordsOf(row, group);
        for (int p = 0; p < bits; p++)
            words[p] = (ushort)((words[p] & ~(1 << row % Width)) | ((code >> p) & 1) << row % Width);
    }

    /// <summary>The code of a group of a row.</summary>
    public int Code(int row, int group)
    {
        ushort* words = WordsOf(row, group);
        int code = 0;
        for (int p = 0; p < bits; p++)
            code |= ((words[p] >> row % Width) & 1) << p;
        return code;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        codes.Dispose();
        table.Dispose();
        scales.Dispose();
        zeros?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override float* Read(int panel, int firstGroup, int count, float* destination)
    {
        Vector512<int> rows = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        Vector512<float> offset = Vector512.Create(Offset), register = Vector512.Load(Table);
        float* meanings = Table, levelScales = Scales, levelZeros = Zeros, next = destination;
        ushort* words = (ushort*)Locate(panel, firstGroup);
        int width = bits, block = panel * GroupCount + firstGroup, group = firstGroup, groupCount = GroupCount;
        bool areCodes = areIntegers, fitsRegister = bits <= 4, isFlat = flatBlock != 0;
        for (float* end = next + (nint)count * Width; next < end; next += Width, block++, group++)
        {
            if (group == groupCount)
                (panel, group) = (panel + 1, 0);
            Vector512<int> code = default;
            for (int p = 0; p < width; p++)
                code |= Vector512.Equals(Vector512.Create((int)*words++) & rows, rows) & Vector512.Create(1 << p);
            Vector512<float> value = areCodes ? Vector512.ConvertToSingle(code) : fitsRegister ? PanelDecoder.LookUp(register, code) : PanelDecoder.Gather(meanings, code);
            if (isFlat)
            {
                Vector512<int> blocks = FlatBlocks(panel, group);
                if (levelZeros != null)
                    value -= PanelDecoder.Gather(levelZeros, blocks);
                value *= PanelDecoder.Gather(levelScales, blocks);
            }
            else
            {
                if (levelZeros != null)
                    value -= Vector512.Create(levelZeros[block]);
                value *= Vector512.Create(levelScales[block]);
            }
            (value + offset).Store(next);
        }
        return destination;
    }

    internal override byte* Locate(int panel, int group) => codes.Pointer + FirstOf(panel, group) / 8 * bits;

    private ushort* WordsOf(int row, int group) => (ushort*)(codes.Pointer + IndexOf(row, group) / Width * 2 * bits);

    private float NumberOf(int code, int block) => (Table[code] - (zeros is null ? 0 : Zeros[block])) * Scales[block] + Offset;

    // The blocks of the sixteen rows of a panel in one group; past the last row, that row's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<int> FlatBlocks(int panel, int group)
    {
        Vector512<int> row = Vector512.Min(Vector512<int>.Indices + Vector512.Create(panel * Width), Vector512.Create(Rows - 1));
        Vector512<int> index = row * Vector512.Create(GroupCount) + Vector512.Create(group);
        return int.IsPow2(flatBlock) ? index >>> int.Log2(flatBlock) : index / Vector512.Create(flatBlock);
    }
}
