namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Integers of 2 to 8 bits. Codes are stored as 0 … 2ᵇ−1.
/// Symmetric (restricted range): s = max|w| / (2ᵇ⁻¹−1), q in ±(2ᵇ⁻¹−1), stored as q + 2ᵇ⁻¹ with the zero point 2ᵇ⁻¹.
/// Asymmetric (range widened to hold 0, as GPTQ's grids): s = (max−min) / (2ᵇ−1), z = clamp(rint(−min/s), 0, 2ᵇ−1), q = clamp(rint(w/s) + z, 0, 2ᵇ−1).
/// All arithmetic in float32, one rounding per operation, a true division, ties to even. A group of zeros takes s = 1.
/// </summary>
public sealed class IntegerFormat : NumericFormat
{
    private readonly float[] values;

    /// <summary>Integers of <paramref name="bits"/> bits, 2 to 8.</summary>
    public IntegerFormat(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        Bits = bits;
        values = new float[1 << bits];
        for (int code = 0; code < values.Length; code++)
            values[code] = code;
    }

    /// <inheritdoc/>
    public override string Name => $"int{Bits}";

    /// <inheritdoc/>
    public override int Bits { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => values;

    /// <summary>The zero point of symmetric grids, 2ᵇ⁻¹.</summary>
    public int MiddleCode => 1 << (Bits - 1);

    /// <summary>The largest code, 2ᵇ−1.</summary>
    public int LastCode => (1 << Bits) - 1;

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric)
    {
        float min = 0, max = 0;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }
        float scale = symmetric ? MathF.Max(-min, max) / (MiddleCode - 1) : (max - min) / LastCode;
        if (scale == 0)
            scale = 1;
        return new QuantGrid(scale, symmetric ? MiddleCode : MathF.Max(0, MathF.Min(LastCode, MathF.Round(-min / scale))));
    }

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => (int)MathF.Max(0, MathF.Min(LastCode, MathF.Round(value / grid.Scale) + grid.Zero));
}
