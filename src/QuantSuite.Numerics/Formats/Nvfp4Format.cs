namespace QuantSuite.Numerics.Formats;

/// <summary>
/// NVFP4: E2M1 elements in blocks of 16 with an E4M3 scale, relative to one float32 for the tensor. g = 448·6 / max|tensor|; b = e4m3(g·(max|block| / 6)), ⅛ where that is 0;
/// s = fl(b / g). One float32 operation at a time. Equals compressed-tensors, which takes 2688 times a reciprocal and may differ from g in the last bit.
/// </summary>
public sealed class Nvfp4Format : TableFormat
{
    private const float SmallestScale = 0.125f;
    private static readonly CodeTable ScaleTable = new(Minifloat.E4M3.Values(), TieRule.EvenCode);

    internal Nvfp4Format(float tensorDivisor = 1)
        : base("nvfp4", 4, new CodeTable(Minifloat.E2M1.Values(), TieRule.EvenCode)) => TensorDivisor = tensorDivisor;

    /// <inheritdoc/>
    public override Minifloat? Elements => Minifloat.E2M1;

    /// <inheritdoc/>
    public override ScaleFormat Scales => ScaleFormat.E4M3;

    /// <inheritdoc/>
    public override Granularity DefaultGranularity => Granularity.Group(16);

    /// <summary>g: what compressed-tensors stores as <c>weight_global_scale</c>, and ModelOpt, inverted, as <c>weight_scale_2</c>.</summary>
    public override float TensorDivisor { get; }

    /// <summary>NVFP4 with a divisor that is known, as in a checkpoint.</summary>
    public static Nvfp4Format WithDivisor(float tensorDivisor) => new(tensorDivisor);

    /// <inheritdoc/>
    public override NumericFormat ForTensor(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
            largest = MathF.Max(largest, MathF.Abs(value));
        float divisor = ScaleTable.Largest * Largest / largest;
        return new Nvfp4Format(divisor > 0 && float.IsFinite(divisor) ? divisor : 1);
    }

    /// <inheritdoc/>
    protected override float ScaleOf(float largest)
    {
        float scale = ScaleTable.Values[ScaleTable.Encode(TensorDivisor * (largest / Largest))];
        return (scale == 0 ? SmallestScale : scale) / TensorDivisor;
    }
}
