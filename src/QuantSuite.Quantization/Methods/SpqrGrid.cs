namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SpQR's grids: the range is the values' own (0 is not forced in), s = (max − min)/(2ᵇ−1), z = −min/s as a real number, and q = clamp(rint(w/s + z), 0, 2ᵇ−1): the zero point is
/// inside the rounding. ŵ = s·(q − z). Equal values take the range −1 … 1.
/// </summary>
/// <param name="Scale">s.</param>
/// <param name="Zero">z.</param>
/// <param name="LastCode">2ᵇ−1.</param>
internal readonly record struct SpqrGrid(float Scale, float Zero, int LastCode)
{
    private const float SmallestDivisor = 1e-9f;

    /// <summary>The grid of a range.</summary>
    public static SpqrGrid Between(float min, float max, int bits, bool roundZero = false)
    {
        if (min == max)
            (min, max) = (-1, 1);
        int last = (1 << bits) - 1;
        float scale = (max - min) / last, zero = -min / scale;
        return new SpqrGrid(scale, roundZero ? MathF.Round(zero) : zero, last);
    }

    /// <summary>The grid of values.</summary>
    public static SpqrGrid Fit(ReadOnlySpan<float> values, int bits, bool roundZero = false)
    {
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        foreach (float value in values)
            (min, max) = (MathF.Min(min, value), MathF.Max(max, value));
        return Between(min, max, bits, roundZero);
    }

    /// <summary>The code of a value.</summary>
    public int Encode(float value) => (int)MathF.Max(0, MathF.Min(LastCode, MathF.Round(value / MathF.Max(Scale, SmallestDivisor) + Zero)));

    /// <summary>The value of a code.</summary>
    public float Decode(int code) => Scale * (code - Zero);

    /// <summary>The value that a value is rounded to.</summary>
    public float Round(float value) => Decode(Encode(value));
}
