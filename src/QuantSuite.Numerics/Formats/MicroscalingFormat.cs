namespace QuantSuite.Numerics.Formats;

/// <summary>
/// OCP microscaling (MX 1.0): a block of 32 neighbours shares a power of two, 2^(⌊log₂ max|w|⌋ − emax), held in one E8M0 byte. Elements are small floats, or integers
/// k / 2^(b−2) with |k| ≤ 2^(b−1)−1 (MXINT8, and narrower ones in its style as "Scaling laws for post-training quantized LLMs", 2410.12119, varies them).
/// Values in the top of a block, beyond largest·2^e, saturate. The block size is the recipe's group.
/// </summary>
/// <remarks>
/// Equals microsoft/microxcaling with round="even", but that the exponent is read from the bits: a logarithm in float32 rounds FLT_MAX up to 2^128.
/// A block of zeros takes the smallest scale, 2^−127.
/// </remarks>
public sealed class MicroscalingFormat : TableFormat
{
    internal MicroscalingFormat(string name, Minifloat element)
        : base(name, element.Bits, new CodeTable(element.Values(), TieRule.EvenCode)) => Elements = element;

    internal MicroscalingFormat(int bits)
        : base($"mxint{bits}", bits, Integers(bits))
    {
    }

    /// <inheritdoc/>
    public override Minifloat? Elements { get; }

    /// <inheritdoc/>
    public override ScaleFormat Scales => ScaleFormat.E8M0;

    /// <inheritdoc/>
    public override Granularity DefaultGranularity => Granularity.Group(32);

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => MathF.ScaleB(1, largest == 0 ? -127 : Math.Clamp(MathF.ILogB(largest) - (Elements?.LargestExponent ?? 0), -127, 127));

    // Two's complement; the most negative code decodes and is never encoded.
    private static CodeTable Integers(int bits)
    {
        int half = 1 << (bits - 1);
        float unit = 2f / half;
        return new CodeTable(Enumerable.Range(0, 2 * half).Select(code => (code < half ? code : code - 2 * half) * unit), TieRule.EvenCode, (half - 1) * unit);
    }
}
