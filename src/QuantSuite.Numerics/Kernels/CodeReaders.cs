using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>Bits of a code, known to the compiler, which makes a loop of its own for each.</summary>
internal interface ICodeWidth
{
    /// <summary>1 to 8.</summary>
    static abstract int Bits { get; }

    /// <summary>Brings the next column's codes down: the count must be a literal, or the compiler shifts by a register, which takes longer.</summary>
    static abstract Vector512<int> Next(Vector512<int> word);
}

/// <summary>The values of sixteen codes, one in the low bits of each lane; what lies above them is another column's.</summary>
internal interface ICodeValues<TSelf>
    where TSelf : struct, ICodeValues<TSelf>
{
    /// <summary>What a law of decoding needs, in registers.</summary>
    static abstract TSelf From(CodeLaw law);

    /// <summary>table[code] less the zero that the law has taken off.</summary>
    Vector512<float> Of(Vector512<int> word);
}

/// <summary>A loop over codes, compiled for each width and law.</summary>
internal interface ICodeLoop
{
    /// <summary>Runs it.</summary>
    void Run<TWidth, TValues>()
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>;
}

/// <summary>
/// How the words of a block of 32 columns are read (see <see cref="QuantizedMatrix"/>): word after word, each the codes of some columns of sixteen rows, lowest bits
/// first; the last word is put together from the spare bits of the others, where there are any.
/// </summary>
internal static unsafe class CodeWords
{
    private const int Width = PanelMatrix.PanelWidth;

    /// <summary>Words of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf<TWidth>()
        where TWidth : struct, ICodeWidth => 32 % TWidth.Bits == 0 ? TWidth.Bits : TWidth.Bits + 1;

    /// <summary>Columns that word number so-and-so of a block holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ColumnsOf<TWidth>(int word)
        where TWidth : struct, ICodeWidth => word < TWidth.Bits ? 32 / TWidth.Bits : 32 % TWidth.Bits;

    /// <summary>A word of each of sixteen rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load<TWidth>(uint* block, int word)
        where TWidth : struct, ICodeWidth =>
        32 % TWidth.Bits == 0 || word < TWidth.Bits ? Vector512.Load((int*)block + word * Width) : Spare<TWidth>((int*)block);

    // The spare bits at the top of each word, end to end. No loop, so that it is compiled in place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Spare<TWidth>(int* block)
        where TWidth : struct, ICodeWidth
    {
        int spare = 32 % TWidth.Bits;
        Vector512<int> word = Top(block, spare) | Top(block + Width, spare) << spare | Top(block + 2 * Width, spare) << (2 * spare);
        if (TWidth.Bits > 3)
            word |= Top(block + 3 * Width, spare) << (3 * spare) | Top(block + 4 * Width, spare) << (4 * spare);
        if (TWidth.Bits > 5)
            word |= Top(block + 5 * Width, spare) << (5 * spare);
        if (TWidth.Bits > 6)
            word |= Top(block + 6 * Width, spare) << (6 * spare);
        return word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Top(int* words, int bits) => Vector512.Load(words) >>> (32 - bits);
}

/// <summary>Codes of 1 bit.</summary>
internal readonly struct OneBit : ICodeWidth
{
    public static int Bits => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 1;
}

/// <summary>Codes of 2 bits.</summary>
internal readonly struct TwoBits : ICodeWidth
{
    public static int Bits => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 2;
}

/// <summary>Codes of 3 bits.</summary>
internal readonly struct ThreeBits : ICodeWidth
{
    public static int Bits => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 3;
}

/// <summary>Codes of 4 bits.</summary>
internal readonly struct FourBits : ICodeWidth
{
    public static int Bits => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 4;
}

/// <summary>Codes of 5 bits.</summary>
internal readonly struct FiveBits : ICodeWidth
{
    public static int Bits => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 5;
}

/// <summary>Codes of 6 bits.</summary>
internal readonly struct SixBits : ICodeWidth
{
    public static int Bits => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 6;
}

/// <summary>Codes of 7 bits.</summary>
internal readonly struct SevenBits : ICodeWidth
{
    public static int Bits => 7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 7;
}

/// <summary>Codes of 8 bits.</summary>
internal readonly struct EightBits : ICodeWidth
{
    public static int Bits => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Next(Vector512<int> word) => word >>> 8;
}
