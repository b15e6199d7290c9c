using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>Where a small float's bits go in a float32.</summary>
internal interface IMinifloatLayout
{
    /// <summary>Bits of the fraction.</summary>
    static abstract int FractionBits { get; }

    /// <summary>Bits of the exponent.</summary>
    static abstract int ExponentBits { get; }

    /// <summary>Bias of the exponent.</summary>
    static abstract int Bias { get; }

    /// <summary>The smallest magnitude that is no number; beyond all where there is none.</summary>
    static abstract int FirstSpecial { get; }

    /// <summary>The code's sign at bit 31, its exponent's last bit at bit 23; other bits are anything.</summary>
    static abstract Vector512<int> Align(Vector512<int> word);
}

/// <summary>
/// Values of small floats, by integer operations and one exact subtraction: exponent and fraction move to a float32's places, the bias is exchanged, and where the
/// exponent is 0 the hidden 1 is taken off again. No arithmetic on float32 subnormals, which processors do slowly.
/// </summary>
internal readonly struct MinifloatValues<TLayout> : ICodeValues<MinifloatValues<TLayout>>
    where TLayout : struct, IMinifloatLayout
{
    private const int Fraction = 23;

    public static MinifloatValues<TLayout> From(CodeLaw law) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Of(Vector512<int> word)
    {
        int shift = Fraction - TLayout.FractionBits, magnitudes = (1 << (TLayout.ExponentBits + TLayout.FractionBits)) - 1;
        Vector512<int> aligned = TLayout.Align(word), magnitude = aligned & Vector512.Create(magnitudes << shift);
        // 2^(e − bias)·(1 + f); for e = 0 due 2^(1 − bias)·f, which is twice this less 2^(1 − bias), and the smaller of the two only there.
        Vector512<float> value = (magnitude + Vector512.Create((127 - TLayout.Bias) << Fraction)).AsSingle();
        Vector512<float> small = Vector512.FusedMultiplyAdd(value, Vector512.Create(2f), Vector512.Create((128 - TLayout.Bias) << Fraction | int.MinValue).AsSingle());
        value = Vector512.MinNative(value, small);
        if (TLayout.FirstSpecial <= magnitudes)
            value = Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, Vector512.Create((TLayout.FirstSpecial << shift) - 1)).AsSingle(),
                (magnitude | Vector512.Create(0x7F800000)).AsSingle(), value);
        return (value.AsInt32() | (aligned & Vector512.Create(int.MinValue))).AsSingle();
    }
}

/// <summary>1-4-3, all bits set is NaN.</summary>
internal readonly struct E4M3Layout : IMinifloatLayout
{
    public static int FractionBits => 3;

    public static int ExponentBits => 4;

    public static int Bias => 7;

    public static int FirstSpecial => 0x7F;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Align(Vector512<int> word) => word << 24 >> 4;
}

/// <summary>1-5-2 with infinities and NaNs.</summary>
internal readonly struct E5M2Layout : IMinifloatLayout
{
    public static int FractionBits => 2;

    public static int ExponentBits => 5;

    public static int Bias => 15;

    public static int FirstSpecial => 0x7C;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Align(Vector512<int> word) => word << 24 >> 3;
}

/// <summary>1-2-3.</summary>
internal readonly struct E2M3Layout : IMinifloatLayout
{
    public static int FractionBits => 3;

    public static int ExponentBits => 2;

    public static int Bias => 1;

    public static int FirstSpecial => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Align(Vector512<int> word) => word << 26 >> 6;
}

/// <summary>1-3-2.</summary>
internal readonly struct E3M2Layout : IMinifloatLayout
{
    public static int FractionBits => 2;

    public static int ExponentBits => 3;

    public static int Bias => 3;

    public static int FirstSpecial => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Align(Vector512<int> word) => word << 26 >> 5;
}
