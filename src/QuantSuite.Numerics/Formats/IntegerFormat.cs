namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Integers of 2 to 8 bits. Codes are stored as 0 … 2ᵇ−1; q = clamp(rint(w/s) + z).
/// <list type="table">
/// <item><term>symmetric</term><description>restricted range: s = max|w| / (2ᵇ⁻¹−1), z = 2ᵇ⁻¹; the code 0 stays unused</description></item>
/// <item><term>symmetric, <see cref="IntegerRange.Full"/></term><description>s = 2·max|w| / (2ᵇ−1), z = 2ᵇ⁻¹, all codes (GPTQ's grid)</description></item>
/// <item><term>asymmetric</term><description>range widened to hold 0: s = (max−min) / (2ᵇ−1), z = clamp(rint(−min/s)) (GPTQ's grid)</description></item>
/// <item><term>asymmetric, <see cref="IntegerRange.Tight"/></term><description>s = max(max−min, 10⁻⁵) / (2ᵇ−1), z = clamp(−rint(min/s)) (AWQ's grid)</description></item>
/// </list>
/// All arithmetic in float32, one rounding per operation, a true division, ties to even. A group of zeros takes s = 1, where the formula gives 0.
/// </summary>
public sealed class IntegerFormat : NumericFormat
{
    private const float SmallestTightRange = 1e-5f;
    private readonly float[] values;

    /// <summary>Integers of <paramref name="bits"/> bits, 2 to 8.</summary>
    public IntegerFormat(int bits, IntegerRange range = IntegerRange.Standard)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        Bits = bits;
        Range = range;
        values = new float[1 << bits];
        for (int code = 0; code < values.Length; code++)
            values[code] = code;
    }

    /// <inheritdoc/>
    public override string Name => $"int{Bits}";

    /// <inheritdoc/>
    public override int Bits { get; }

    /// <summary>Which codes its grids use.</summary>
    public IntegerRange Range { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => values;

    /// <summary>The zero point of symmetric grids, 2ᵇ⁻¹.</summary>
    public int MiddleCode => 1 << (Bits - 1);

    /// <summary>The largest code, 2ᵇ−1.</summary>
    public int LastCode => (1 << Bits) - 1;

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric)
    {
        if (Range == IntegerRange.Tight && !symmetric)
            return FitTight(values);
        float min = 0, max = 0;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }
        float largest = MathF.Max(-min, max);
        float scale = !symmetric ? (max - min) / LastCode : Range == IntegerRange.Full ? (largest - -largest) / LastCode : largest / (MiddleCode - 1);
        if (scale == 0)
            scale = 1;
        return new QuantGrid(scale, symmetric ? MiddleCode : MathF.Max(0, MathF.Min(LastCode, MathF.Round(-min / scale))));
    }

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => (int)MathF.Max(0, MathF.Min(LastCode, MathF.Round(value / grid.Scale) + grid.Zero));

    private QuantGrid FitTight(ReadOnlySpan<float> values)
    {
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }
        float scale = MathF.Max(max - min, SmallestTightRange) / LastCode;
        return new QuantGrid(scale, MathF.Max(0, MathF.Min(LastCode, -MathF.Round(min / scale))));
    }
}
