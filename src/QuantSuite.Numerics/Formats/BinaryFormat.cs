namespace QuantSuite.Numerics.Formats;

/// <summary>
/// One bit: μ ± α, the best two values for a group split at its mean (XNOR-Net, 1603.05279; BiLLM, 2402.04291). Symmetric: μ = 0, α = mean|w|. Asymmetric: μ = mean w,
/// α = mean|w − μ|, as the real zero point z = −μ/α: value = (±1 − z)·α. Means in double, rounded to float32. A weight at μ takes −1.
/// </summary>
public sealed class BinaryFormat : TableFormat
{
    internal BinaryFormat()
        : base("binary", 1, new CodeTable([-1, 1], TieRule.EvenCode))
    {
    }

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric)
    {
        if (symmetric)
            return new QuantGrid(TernaryFormat.AbsoluteMean(values), 0);
        double mean = 0, deviation = 0;
        foreach (float value in values)
            mean += value;
        mean /= Math.Max(1, values.Length);
        foreach (float value in values)
            deviation += Math.Abs(value - mean);
        deviation /= Math.Max(1, values.Length);
        return !double.IsFinite(deviation) ? new QuantGrid(float.NaN, 0)
            : deviation == 0 ? new QuantGrid((float)mean, 0) // all equal: +1 times the value itself
            : new QuantGrid((float)deviation, (float)(-mean / deviation));
    }

    /// <inheritdoc/>
    protected override float Ratio(float value, QuantGrid grid) => value / grid.Scale + grid.Zero;

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => throw new NotSupportedException("The scale of binary codes is a mean.");
}
