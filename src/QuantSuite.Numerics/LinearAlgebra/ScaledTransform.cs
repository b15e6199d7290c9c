namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>x ↦ (x / scales) T: a division by channel before another transform.</summary>
/// <param name="scales">[columns], positive.</param>
/// <param name="then">T.</param>
public sealed class ScaledTransform(float[] scales, RowTransform then) : RowTransform
{
    /// <summary>What the channels are divided by.</summary>
    public ReadOnlySpan<float> Scales => scales;

    /// <summary>T.</summary>
    public RowTransform Then => then;

    /// <inheritdoc/>
    public override int Size => then.Size;

    /// <inheritdoc/>
    public override void Apply(Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
            row[i] /= scales[i];
        then.Apply(row);
    }

    /// <inheritdoc/>
    public override void ApplyInverse(Span<float> row)
    {
        then.ApplyInverse(row);
        for (int i = 0; i < row.Length; i++)
            row[i] *= scales[i];
    }

    /// <inheritdoc/>
    public override void ApplyDual(Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
            row[i] *= scales[i];
        then.ApplyDual(row);
    }
}
