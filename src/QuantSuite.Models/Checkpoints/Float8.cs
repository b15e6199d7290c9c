namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The 8-bit floats of safetensors, each a table of 256 values (ml_dtypes' float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz,
/// float8_e8m0fnu). E5M2 has infinities and NaNs as IEEE 754 does; E4M3 has only NaN (all bits set); the FNUZ kinds have one zero, one NaN
/// (at the code of −0) and a bias one larger; E8M0 is a power of two without sign, 255 is NaN.
/// </summary>
internal static class Float8
{
    public static TensorDecoder E4M3 { get; } = Decoder(code => (code & 0x7F) == 0x7F ? float.NaN : Value(code, fractionBits: 3, bias: 7));

    public static TensorDecoder E5M2 { get; } = Decoder(code => (code & 0x7F) switch
    {
        0x7C => code < 0x80 ? float.PositiveInfinity : float.NegativeInfinity,
        > 0x7C => float.NaN,
        _ => Value(code, fractionBits: 2, bias: 15),
    });

    public static TensorDecoder E4M3Fnuz { get; } = Decoder(code => code == 0x80 ? float.NaN : Value(code, fractionBits: 3, bias: 8));

    public static TensorDecoder E5M2Fnuz { get; } = Decoder(code => code == 0x80 ? float.NaN : Value(code, fractionBits: 2, bias: 16));

    public static TensorDecoder E8M0 { get; } = Decoder(code => code == 0xFF ? float.NaN : MathF.ScaleB(1, code - 127));

    private static float Value(int code, int fractionBits, int bias)
    {
        int exponent = (code & 0x7F) >> fractionBits;
        int fraction = code & ((1 << fractionBits) - 1);
        int significand = exponent == 0 ? fraction : fraction | 1 << fractionBits;
        float magnitude = MathF.ScaleB(significand, Math.Max(exponent, 1) - bias - fractionBits);
        return code < 0x80 ? magnitude : -magnitude;
    }

    private static TensorDecoder Decoder(Func<int, float> value)
    {
        float[] table = Enumerable.Range(0, 256).Select(value).ToArray();
        return (source, destination) =>
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = table[source[i]];
        };
    }
}
