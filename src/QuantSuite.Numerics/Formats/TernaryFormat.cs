namespace QuantSuite.Numerics.Formats;

/// <summary>
/// −1, 0, 1 with s = max(mean|w|, 10⁻⁵): the absmean quantizer of BitNet b1.58 (2402.17764). Two bits a code, in two's complement; the code of −2 is not used.
/// The mean is taken in double and rounded to float32.
/// </summary>
public sealed class TernaryFormat : TableFormat
{
    private const float SmallestScale = 1e-5f;

    internal TernaryFormat()
        : base("ternary", 2, Trits)
    {
    }

    internal static CodeTable Trits { get; } = new([0, 1, 0, -1], TieRule.EvenCode);

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => new(MathF.Max(AbsoluteMean(values), SmallestScale), 0);

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => throw new NotSupportedException("The scale of ternary codes is a mean.");

    internal static float AbsoluteMean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += Math.Abs((double)value);
        double mean = sum / Math.Max(1, values.Length);
        return double.IsFinite(mean) ? (float)mean : float.NaN;
    }
}
