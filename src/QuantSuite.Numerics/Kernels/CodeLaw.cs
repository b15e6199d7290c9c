using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// How sixteen codes at a time become values. The law is read off the table itself, so a new format needs no kernel: up to 4 bits any table is a look-up in a
/// register, of 5 and 6 in two and four; wider integers are converted, small floats shifted into place, and any other table is gathered from the cache.
/// </summary>
internal sealed class CodeLaw
{
    private const int Width = PanelMatrix.PanelWidth;

    private readonly CodeLawKind kind;
    private readonly int bits;

    private CodeLaw(CodeLawKind kind, int bits, float[] table, float zero)
    {
        this.kind = kind;
        this.bits = bits;
        bool folded = kind is CodeLawKind.Register or CodeLawKind.Registers or CodeLawKind.Table;
        Table = GC.AllocateArray<float>(Math.Max(table.Length, Width), pinned: true);
        for (int i = 0; i < Table.Length; i++)
            Table[i] = table[i % table.Length] - (folded ? zero : 0);
        Register = Vector512.Create<float>(Table);
        Zero = folded ? 0 : zero;
        Bytes = kind is CodeLawKind.E4M3 or CodeLawKind.E5M2 ? ByteFloatRow.BytesOf(table) : null;
    }

    /// <summary>The two upper bytes of the values of 8-bit floats (<see cref="ByteFloatRow.BytesOf"/>); null for others. Pinned.</summary>
    public byte[]? Bytes { get; }

    /// <summary>The values by code, less the zero that is taken off; repeated to sixteen.</summary>
    public float[] Table { get; }

    /// <summary>The first sixteen of them.</summary>
    public Vector512<float> Register { get; }

    /// <summary>The zero that is left to take off.</summary>
    public float Zero { get; }

    /// <summary>The law of a table of 2, 4, 8 … 256 values.</summary>
    /// <param name="table">Values by code.</param>
    /// <param name="zero">A zero point that all groups share.</param>
    public static CodeLaw Of(float[] table, float zero)
    {
        int bits = int.Log2(table.Length);
        return new CodeLaw(bits <= 4 ? CodeLawKind.Register : bits == 5 && Avx512F.IsSupported ? CodeLawKind.Registers : KindOf(table, bits), bits, table, zero);
    }

    /// <summary>Runs a loop that is compiled for this width and law.</summary>
    public void Run<TLoop>(ref TLoop loop)
        where TLoop : struct, ICodeLoop
    {
        switch (bits)
        {
            case 1:
                loop.Run<OneBit, RegisterValues>();
                break;
            case 2:
                loop.Run<TwoBits, RegisterValues>();
                break;
            case 3:
                loop.Run<ThreeBits, RegisterValues>();
                break;
            case 4:
                loop.Run<FourBits, RegisterValues>();
                break;
            case 5 when kind == CodeLawKind.Registers:
                loop.Run<FiveBits, RegisterPairValues>();
                break;
            case 6 when kind == CodeLawKind.Registers:
                loop.Run<SixBits, FourRegisterValues>();
                break;
            case 5:
                RunWide<TLoop, FiveBits>(ref loop);
                break;
            case 6:
                RunWide<TLoop, SixBits>(ref loop);
                break;
            case 7:
                RunWide<TLoop, SevenBits>(ref loop);
                break;
            default:
                RunWide<TLoop, EightBits>(ref loop);
                break;
        }
    }

    private void RunWide<TLoop, TWidth>(ref TLoop loop)
        where TLoop : struct, ICodeLoop
        where TWidth : struct, ICodeWidth
    {
        switch (kind)
        {
            case CodeLawKind.Integer:
                loop.Run<TWidth, IntegerValues<TWidth>>();
                break;
            case CodeLawKind.Signed:
                loop.Run<TWidth, SignedValues<TWidth>>();
                break;
            case CodeLawKind.E4M3:
                loop.Run<TWidth, MinifloatValues<E4M3Layout>>();
                break;
            case CodeLawKind.E5M2:
                loop.Run<TWidth, MinifloatValues<E5M2Layout>>();
                break;
            case CodeLawKind.E2M3:
                loop.Run<TWidth, MinifloatValues<E2M3Layout>>();
                break;
            case CodeLawKind.E3M2:
                loop.Run<TWidth, MinifloatValues<E3M2Layout>>();
                break;
            default:
                loop.Run<TWidth, GatheredValues<TWidth>>();
                break;
        }
    }

    private static CodeLawKind KindOf(float[] table, int bits)
    {
        int half = table.Length / 2;
        if (Holds(table, Enumerable.Range(0, table.Length).Select(code => (float)code)))
            return CodeLawKind.Integer;
        if (float.IsNormal(table[1]) && Holds(table, Enumerable.Range(0, table.Length).Select(code => (code < half ? code : code - 2 * half) * table[1])))
            return CodeLawKind.Signed;
        if (bits == 6 && Avx512F.IsSupported)
            return CodeLawKind.Registers;
        foreach ((CodeLawKind kind, Minifloat layout) in (ReadOnlySpan<(CodeLawKind, Minifloat)>)
            [(CodeLawKind.E4M3, Minifloat.E4M3), (CodeLawKind.E5M2, Minifloat.E5M2), (CodeLawKind.E2M3, Minifloat.E2M3), (CodeLawKind.E3M2, Minifloat.E3M2)])
            if (layout.Bits == int.Log2(table.Length) && Holds(table, layout.Values()))
                return kind;
        return CodeLawKind.Table;
    }

    // To the bit, NaN as a class.
    private static bool Holds(float[] table, IEnumerable<float> law) => table.Zip(law).All(pair =>
        BitConverter.SingleToInt32Bits(pair.First) == BitConverter.SingleToInt32Bits(pair.Second) || (float.IsNaN(pair.First) && float.IsNaN(pair.Second)));
}

/// <summary>The laws of <see cref="CodeLaw"/>.</summary>
internal enum CodeLawKind
{
    /// <summary>Sixteen values in a register.</summary>
    Register,

    /// <summary>Thirty-two values in two registers, or sixty-four in four: AVX-512 looks up in two at once.</summary>
    Registers,

    /// <summary>The code itself.</summary>
    Integer,

    /// <summary>The code in two's complement times the value of code 1.</summary>
    Signed,

    /// <summary>FP8 E4M3.</summary>
    E4M3,

    /// <summary>FP8 E5M2.</summary>
    E5M2,

    /// <summary>FP6 E2M3.</summary>
    E2M3,

    /// <summary>FP6 E3M2.</summary>
    E3M2,

    /// <summary>Any values.</summary>
    Table,
}

/// <summary>Values of up to 4 bits: a look-up in a register, whose index ignores the bits above.</summary>
internal readonly struct RegisterValues(Vector512<float> table) : ICodeValues<RegisterValues>
{
    public static RegisterValues From(CodeLaw law) => new(law.Register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word) => PanelDecoder.LookUp(table, word);
}

/// <summary>Values of 5 bits: a look-up in two registers.</summary>
internal readonly struct RegisterPairValues(Vector512<float> lower, Vector512<float> upper) : ICodeValues<RegisterPairValues>
{
    public static RegisterPairValues From(CodeLaw law) => new(Vector512.Create<float>(law.Table, 0), Vector512.Create<float>(law.Table, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word) => Avx512F.PermuteVar16x32x2(lower, word, upper);
}

/// <summary>Values of 6 bits: look-ups in two registers and in two more, and the one that the highest bit asks for.</summary>
internal readonly struct FourRegisterValues(Vector512<float> first, Vector512<float> second, Vector512<float> third, Vector512<float> fourth) : ICodeValues<FourRegisterValues>
{
    public static FourRegisterValues From(CodeLaw law) =>
        new(Vector512.Create<float>(law.Table, 0), Vector512.Create<float>(law.Table, 16), Vector512.Create<float>(law.Table, 32), Vector512.Create<float>(law.Table, 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word) => Vector512.ConditionalSelect(Vector512.Equals(word & Vector512.Create(32), Vector512<int>.Zero).AsSingle(),
        Avx512F.PermuteVar16x32x2(first, word, second), Avx512F.PermuteVar16x32x2(third, word, fourth));
}

/// <summary>Values that are their codes.</summary>
internal readonly struct IntegerValues<TWidth> : ICodeValues<IntegerValues<TWidth>>
    where TWidth : struct, ICodeWidth
{
    public static IntegerValues<TWidth> From(CodeLaw law) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word) => Vector512.ConvertToSingle(word & Vector512.Create((1 << TWidth.Bits) - 1));
}

/// <summary>Values from a table in the cache.</summary>
internal readonly unsafe struct GatheredValues<TWidth>(float* table) : ICodeValues<GatheredValues<TWidth>>
    where TWidth : struct, ICodeWidth
{
    public static GatheredValues<TWidth> From(CodeLaw law) => new((float*)Unsafe.AsPointer(ref law.Table[0]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word) => PanelDecoder.Gather(table, word & Vector512.Create((1 << TWidth.Bits) - 1));
}

/// <summary>Values that are their codes in two's complement, times a unit.</summary>
internal readonly struct SignedValues<TWidth>(Vector512<float> unit) : ICodeValues<SignedValues<TWidth>>
    where TWidth : struct, ICodeWidth
{
    public static SignedValues<TWidth> From(CodeLaw law) => new(Vector512.Create(law.Table[1]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word)
    {
        Vector512<int> sign = Vector512.Create(1 << (TWidth.Bits - 1)), code = word & Vector512.Create((1 << TWidth.Bits) - 1);
        return Vector512.ConvertToSingle((code ^ sign) - sign) * unit;
    }
}
