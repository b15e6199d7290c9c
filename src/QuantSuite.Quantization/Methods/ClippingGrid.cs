namespace QuantSuite.Quantization.Methods;

/// <summary>
/// A grid over chosen bounds, as OmniQuant and QSLAW fit it. Asymmetric: s = (max − min)/(2ᵇ−1), z = rint(−min/s). Symmetric: s = max|bound| / (2ᵇ⁻¹−1), z =
/// 2ᵇ⁻¹−1, codes 0 … 2ᵇ−1, so that one code more
/// lies above zero than below. q = clamp(rint(w/(s·d)) + z), ŵ = (q − z)·s; d is 1 but in QSLAW. The zero point is not clamped.
/// </summary>
/// <param name="Scale">s.</param>
/// <param name="Zero">z.</param>
/// <param name="FirstCode">The smallest code.</param>
/// <param name="LastCode">The largest code.</param>
public readonly record struct ClippingGrid(float Scale, float Zero, int FirstCode, int LastCode)
{
    /// <summary>Share of the largest value that the grid covers, σ(γ).</summary>
    public double Upper { get; init; } = 1;

    /// <summary>Share of the smallest value that the grid covers, σ(β).</summary>
    public double Lower { get; init; } = 1;

    /// <summary>Divides values once more before rounding, d: QSLAW's learned group scale.</summary>
    public float Divisor { get; init; } = 1;

    /// <summary>The smallest and the largest value.</summary>
    public static (float Min, float Max) Range(ReadOnlySpan<float> values)
    {
        (float min, float max) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float value in values)
            (min, max) = (MathF.Min(min, value), MathF.Max(max, value));
        return (min, max);
    }

    /// <summary>The grid over clipped bounds.</summary>
    /// <param name="max">Upper bound, σ(γ)·max.</param>
    /// <param name="min">Lower bound, σ(β)·min.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="symmetric">Whether the grid is centred on zero.</param>
    /// <param name="smallestScale">Scales below are raised.</param>
    /// <param name="largestScale">Scales above are lowered.</param>
    /// <param name="zeroPoint">Whether codes count from 0; else they are signed.</param>
    public static ClippingGrid Of(float max, float min, int bits, bool symmetric, float smallestScale, float largestScale, bool zeroPoint = true)
    {
        int half = 1 << (bits - 1), last = (1 << bits) - 1;
        float scale = symmetric ? MathF.Max(MathF.Abs(max), MathF.Abs(min)) / (half - 1) : (max - min) / last;
        scale = MathF.Min(MathF.Max(scale, smallestScale), largestScale);
        if (!zeroPoint)
            return new ClippingGrid(scale, 0, -half, half - 1);
        return new ClippingGrid(scale, symmetric ? half - 1 : MathF.Round(-min / scale), 0, last);
    }

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static float Sigmoid(float x) => 1 / (1 + QuantSuite.Numerics.ElementaryFunctions.Exp(-x));

    /// <summary>The code of a value.</summary>
    public int Encode(float value) => (int)MathF.Max(FirstCode, MathF.Min(LastCode, MathF.Round(value / (Scale * Divisor)) + Zero));

    /// <summary>The value of a code.</summary>
    public float Decode(int code) => (code - Zero) * Scale;
}
