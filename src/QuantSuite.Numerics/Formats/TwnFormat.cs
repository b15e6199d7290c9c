namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Ternary weight networks (1605.04711): weights beyond Δ = 0.7·mean|w| keep their sign, and α is the mean magnitude of those (0 where there are none). Two bits a code.
/// <see cref="Quantize"/> decides by Δ; where only the grid is known (error-compensating methods), a value takes the nearest of −α, 0, α.
/// </summary>
public sealed class TwnFormat : TableFormat
{
    private const float ThresholdFactor = 0.7f;

    internal TwnFormat()
        : base("twn", 2, TernaryFormat.Trits)
    {
    }

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => new(Scale(values, Threshold(values)), 0);

    /// <inheritdoc/>
    public override QuantGrid Quantize(ReadOnlySpan<float> values, bool symmetric, Span<byte> codes, QuantGrid? known = null)
    {
        if (known is not null)
            return base.Quantize(values, symmetric, codes, known);
        float threshold = Threshold(values);
        QuantGrid grid = new(Scale(values, threshold), 0);
        for (int i = 0; i < values.Length; i++)
            codes[i] = (byte)(MathF.Abs(values[i]) > threshold ? Encode(values[i] > 0 ? grid.Scale : -grid.Scale, grid) : 0);
        return grid;
    }

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => throw new NotSupportedException("The scale of ternary codes is a mean.");

    private static float Threshold(ReadOnlySpan<float> values) => ThresholdFactor * TernaryFormat.AbsoluteMean(values);

    private static float Scale(ReadOnlySpan<float> values, float threshold)
    {
        if (float.IsNaN(threshold))
            return float.NaN;
        double sum = 0;
        int count = 0;
        foreach (float value in values)
            if (MathF.Abs(value) > threshold)
            {
                sum += Math.Abs((double)value);
                count++;
            }
        return (float)(sum / Math.Max(1, count));
    }
}
