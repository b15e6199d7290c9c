namespace QuantSuite.Quantization.Methods;

/// <summary>
/// DB-LLM's flexible dual binarization of a group: ŵ = α₁·b₁ + α₂·b₂ with b₁, b₂ in {0, 1}; b₁ = [w ≥ (α₁ + α₂)/2], b₂ = [w − α₁·b₁ ≤ α₂/2]. With α₂ &lt; 0 &lt; α₁ + α₂ that is the nearest
/// of the four levels α₂, 0, α₁ + α₂, α₁. In double.
/// </summary>
/// <param name="Alpha1">α₁.</param>
/// <param name="Alpha2">α₂.</param>
internal readonly record struct DualBinary(float Alpha1, float Alpha2)
{
    private const int MostRounds = 50;

    /// <summary>The value of a code b₁ + 2·b₂.</summary>
    public float this[int code] => (float)((code & 1) * (double)Alpha1 + (code >> 1) * (double)Alpha2);

    /// <summary>The start: α₁ = 2s, α₂ = −s with s = max|w|/2, the grid −s, 0, s, 2s.</summary>
    public static DualBinary Start(ReadOnlySpan<float> values)
    {
        float max = 0;
        foreach (float value in values)
            max = MathF.Max(max, MathF.Abs(value));
        return new DualBinary(max, -max / 2);
    }

    /// <summary>Least squares for α₁ and α₂ and nearest levels in turn, until no level moves. No round makes Σ (w − ŵ)² larger.</summary>
    public static DualBinary Fit(ReadOnlySpan<float> values, Func<float, float> hold)
    {
        DualBinary best = Start(values) is var start ? new DualBinary(hold(start.Alpha1), hold(start.Alpha2)) : default;
        for (int round = 0; round < MostRounds; round++)
        {
            DualBinary next = best.LeastSquares(values);
            next = new DualBinary(hold(next.Alpha1), hold(next.Alpha2));
            if (!(next.Alpha2 < 0 && next.Alpha1 + next.Alpha2 > 0) || next.Error(values) >= best.Error(values))
                return best;
            best = next;
        }
        return best;
    }

    /// <summary>The code b₁ + 2·b₂ of a value.</summary>
    public int Encode(float value)
    {
        int first = value >= ((double)Alpha1 + Alpha2) / 2 ? 1 : 0;
        int second = value - (double)Alpha1 * first <= (double)Alpha2 / 2 ? 1 : 0;
        return first + 2 * second;
    }

    /// <summary>Σ (w − ŵ)².</summary>
    public double Error(ReadOnlySpan<float> values)
    {
        double error = 0;
        foreach (float value in values)
            error += ((double)value - this[Encode(value)]) * ((double)value - this[Encode(value)]);
        return error;
    }

    // The α₁, α₂ of least Σ (w − α₁·b₁ − α₂·b₂)² for the codes that the present ones give.
    private DualBinary LeastSquares(ReadOnlySpan<float> values)
    {
        double b11 = 0, b12 = 0, b22 = 0, w1 = 0, w2 = 0;
        foreach (float value in values)
        {
            int code = Encode(value), first = code & 1, second = code >> 1;
            b11 += first;
            b12 += first * second;
            b22 += second;
            w1 += first * (double)value;
            w2 += second * (double)value;
        }
        double determinant = b11 * b22 - b12 * b12;
        return determinant <= 0 ? this : new DualBinary((float)((w1 * b22 - w2 * b12) / determinant), (float)((w2 * b11 - w1 * b12) / determinant));
    }
}
