using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>
/// Reads the codes of sixteen rows, column after column, from one block of 32 columns of a <see cref="QuantizedMatrix"/>, as values before zero point and
/// scale. A structure for each width of code; the compiler makes a loop of its own for each.
/// </summary>
internal unsafe interface ICodeReader
{
    /// <summary>Bits of a code.</summary>
    static abstract int Bits { get; }

    /// <summary>Columns that one <see cref="Load"/> serves.</summary>
    static abstract int ColumnsPerLoad { get; }

    /// <summary>Fetches the words from a column on, a multiple of <see cref="ColumnsPerLoad"/>.</summary>
    void Load(uint* block, int column);

    /// <summary>The next column's values.</summary>
    Vector512<float> Next(Vector512<float> table);
}

/// <summary>Codes of two bits: sixteen to a word.</summary>
internal unsafe struct TwoBitReader : ICodeReader
{
    private Vector512<int> word;

    public static int Bits => 2;

    public static int ColumnsPerLoad => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(uint* block, int column) => word = Vector512.Load(block + column).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Next(Vector512<float> table)
    {
        Vector512<float> value = PanelDecoder.LookUp(table, word);
        word >>>= 2;
        return value;
    }
}

/// <summary>Codes of three bits: a plane of two bits, then a plane of one, whose bits are rotated to come third.</summary>
internal unsafe struct ThreeBitReader : ICodeReader
{
    private Vector512<int> low, high;

    public static int Bits => 3;

    public static int ColumnsPerLoad => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(uint* block, int column)
    {
        low = Vector512.Load(block + column).AsInt32();
        if (column == 0)
        {
            high = RotateRight(Vector512.Load(block + 2 * PanelMatrix.PanelWidth).AsInt32(), 30);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Next(Vector512<float> table)
    {
        Vector512<float> value = PanelDecoder.LookUp(table, Vector512.ConditionalSelect(Vector512.Create(3), low, high));
        low >>>= 2;
        high = RotateRight(high, 1);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> RotateRight(Vector512<int> value, [ConstantExpected] byte count) =>
        Avx512F.IsSupported ? Avx512F.RotateRight(value, count) : (value >>> count) | (value << (32 - count));
}

/// <summary>Codes of four bits: eight to a word.</summary>
internal unsafe struct FourBitReader : ICodeReader
{
    private Vector512<int> word;

    public static int Bits => 4;

    public static int ColumnsPerLoad => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(uint* block, int column) => word = Vector512.Load(block + column * 2).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Next(Vector512<float> table)
    {
        Vector512<float> value = PanelDecoder.LookUp(table, word);
        word >>>= 4;
        return value;
    }
}

/// <summary>Integers of eight bits: four to a word, converted without a table.</summary>
internal unsafe struct EightBitReader : ICodeReader
{
    private Vector512<int> word;

    public static int Bits => 8;

    public static int ColumnsPerLoad => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(uint* block, int column) => word = Vector512.Load(block + column * 4).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Next(Vector512<float> table)
    {
        Vector512<float> value = Vector512.ConvertToSingle(word & Vector512.Create(255));
        word >>>= 8;
        return value;
    }
}
