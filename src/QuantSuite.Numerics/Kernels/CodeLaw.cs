using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// How sixteen codes at a time become values. The law is read off the table itself, so a new format needs no kernel: up to 4 bits any table is a look-up in a
/// register; wider integers are converted, small floats shifted into place, and any other table is gathered from the cache.
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
        bool folded = kind != CodeLawKind.Integer;
        Table = GC.AllocateArray<float>(Math.Max(table.Length, Width), pinned: true);
        for (int i = 0; i < Table.Length; i++)
            Table[i] = table[i % table.Length] - (folded ? zero : 0);
        Register = Vector512.Create<float>(Table);
        Zero = folded ? 0 : zero;
    }

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
        return new CodeLaw(bits <= 4 ? CodeLawKind.Register : KindOf(table, zero), bits, table, zero);
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
        if (kind == CodeLawKind.Integer)
            loop.Run<TWidth, IntegerValues<TWidth>>();
        else
            loop.Run<TWidth, GatheredValues<TWidth>>();
    }

    private static CodeLawKind KindOf(float[] table, float zero)
    {
        for (int code = 0; code < table.Length; code++)
            if (table[code] != code)
                return CodeLawKind.Table;
        return CodeLawKind.Integer;
    }
}

/// <summary>The laws of <see cref="CodeLaw"/>.</summary>
internal enum CodeLawKind
{
    /// <summary>Sixteen values in a register.</summary>
    Register,

    /// <summary>The code itself.</summary>
    Integer,

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
