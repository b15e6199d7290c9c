namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Residual binarization of the entries of a row that belong to one region: μ = mean(r), α = mean|r − μ|, r ≈ μ + α·sign(r − μ) (μ itself where r = μ); a second pass does the same with
/// what is left. BiLLM's <c>high_order_residual</c>.
/// </summary>
/// <param name="Mean">μ.</param>
/// <param name="Scale">α.</param>
internal readonly record struct Binarization(float Mean, float Scale)
{
    /// <summary>μ and α of the entries in a region; zeros where there are none.</summary>
    public static Binarization Fit(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region)
    {
        Span<float> part = stackalloc float[values.Length];
        return Fit(part[..Gather(values, regions, region, part)]);
    }

    /// <summary>The value that a value becomes.</summary>
    public float Round(float value) => value > Mean ? Scale + Mean : value < Mean ? Mean - Scale : Mean;

    /// <summary>The approximation by so many passes of the entries in a region; the others are left.</summary>
    public static void Approximate(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region, int order, Span<float> result)
    {
        Span<float> part = stackalloc float[values.Length], rest = stackalloc float[values.Length];
        part = part[..Gather(values, regions, region, part)];
        rest = rest[..part.Length];
        LeaveRest(part, order, rest);
        for (int i = 0, k = 0; i < values.Length; i++)
            if (regions[i] == region)
                result[i] = part[k] - rest[k++];
    }

    /// <summary>Σ (value − approximation)² over the entries in a region.</summary>
    public static double Error(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region, int order)
    {
        Span<float> part = stackalloc float[values.Length], rest = stackalloc float[values.Length];
        part = part[..Gather(values, regions, region, part)];
        rest = rest[..part.Length];
        LeaveRest(part, order, rest);
        double error = 0;
        foreach (float value in rest)
            error += (double)value * value;
        return error;
    }

    private static Binarization Fit(ReadOnlySpan<float> part)
    {
        if (part.IsEmpty)
            return default;
        double sum = 0, deviation = 0;
        foreach (float value in part)
            sum += value;
        float mean = (float)(sum / part.Length);
        foreach (float value in part)
            deviation += MathF.Abs(value - mean);
        return new Binarization(mean, (float)(deviation / part.Length));
    }

    private static void LeaveRest(ReadOnlySpan<float> part, int order, Span<float> rest)
    {
        part.CopyTo(rest);
        for (int pass = 0; pass < order; pass++)
        {
            Binarization fit = Fit(rest);
            foreach (ref float value in rest)
                value -= fit.Round(value);
        }
    }

    // Without a branch: which entries belong to a region follows no pattern.
    private static int Gather(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region, Span<float> part)
    {
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            part[count] = values[i];
            count += regions[i] == region ? 1 : 0;
        }
        return count;
    }
}
