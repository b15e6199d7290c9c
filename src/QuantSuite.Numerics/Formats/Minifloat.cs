namespace QuantSuite.Numerics.Formats;

/// <summary>The layout of a small float: a sign bit, an exponent with a bias, a fraction, and what its topmost codes mean.</summary>
public sealed record Minifloat(int ExponentBits, int FractionBits, int Bias, MinifloatSpecials Specials)
{
    /// <summary>1-4-3, bias 7, largest 448; all bits set is NaN (float8_e4m3fn).</summary>
    public static Minifloat E4M3 { get; } = new(4, 3, 7, MinifloatSpecials.LastCodeIsNaN);

    /// <summary>1-5-2, bias 15, largest 57344; infinities and NaNs as IEEE 754 has them (float8_e5m2).</summary>
    public static Minifloat E5M2 { get; } = new(5, 2, 15, MinifloatSpecials.Ieee);

    /// <summary>1-4-3, bias 11, largest 30; the code of −0 is NaN (float8_e4m3b11fnuz).</summary>
    public static Minifloat E4M3B11Fnuz { get; } = new(4, 3, 11, MinifloatSpecials.NegativeZeroIsNaN);

    /// <summary>1-2-3, bias 1, largest 7.5 (float6_e2m3fn).</summary>
    public static Minifloat E2M3 { get; } = new(2, 3, 1, MinifloatSpecials.None);

    /// <summary>1-3-2, bias 3, largest 28 (float6_e3m2fn).</summary>
    public static Minifloat E3M2 { get; } = new(3, 2, 3, MinifloatSpecials.None);

    /// <summary>1-2-1, bias 1: 0, ½, 1, 1½, 2, 3, 4, 6 (float4_e2m1fn).</summary>
    public static Minifloat E2M1 { get; } = new(2, 1, 1, MinifloatSpecials.None);

    /// <summary>Bits of a code.</summary>
    public int Bits => 1 + ExponentBits + FractionBits;

    /// <summary>Exponent of the largest power of two: OCP MX's emax.</summary>
    public int LargestExponent => (1 << ExponentBits) - 1 - (Specials == MinifloatSpecials.Ieee ? 1 : 0) - Bias;

    /// <summary>Exponent of the smallest normal value.</summary>
    public int SmallestExponent => 1 - Bias;

    /// <summary>The value of every code.</summary>
    public IEnumerable<float> Values() => Enumerable.Range(0, 1 << Bits).Select(ValueOf);

    private float ValueOf(int code)
    {
        int sign = 1 << (Bits - 1), magnitude = code & (sign - 1), infinity = (sign - 1) >> FractionBits << FractionBits;
        bool isNaN = Specials switch
        {
            MinifloatSpecials.LastCodeIsNaN => magnitude == sign - 1,
            MinifloatSpecials.NegativeZeroIsNaN => code == sign,
            MinifloatSpecials.Ieee => magnitude > infinity,
            _ => false,
        };
        if (isNaN)
            return float.NaN;
        float value = Specials == MinifloatSpecials.Ieee && magnitude == infinity ? float.PositiveInfinity : Magnitude(magnitude);
        return code < sign ? value : -value;
    }

    private float Magnitude(int code)
    {
        int exponent = code >> FractionBits, fraction = code & ((1 << FractionBits) - 1);
        return MathF.ScaleB(exponent == 0 ? fraction : fraction | 1 << FractionBits, Math.Max(exponent, 1) - Bias - FractionBits);
    }
}

/// <summary>What the codes of a <see cref="Minifloat"/> mean that are no numbers.</summary>
public enum MinifloatSpecials
{
    /// <summary>All codes are numbers.</summary>
    None,

    /// <summary>The largest exponent holds infinity and NaNs.</summary>
    Ieee,

    /// <summary>All bits but the sign set: NaN.</summary>
    LastCodeIsNaN,

    /// <summary>The code of −0: NaN.</summary>
    NegativeZeroIsNaN,
}
