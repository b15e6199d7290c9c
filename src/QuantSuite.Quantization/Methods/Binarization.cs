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
        double sum = 0, deviation = 0;
        int count = 0;
        for (int i = 0; i < values.Length; i++)
            if (regions[i] == region)
                (sum, count) = (sum + values[i], count + 1);
        if (count == 0)
            return default;
        float mean = (float)(sum / count);
        for (int i = 0; i < values.Length; i++)
            if (regions[i] == region)
                deviation += MathF.Abs(values[i] - mean);
        return new Binarization(mean, (float)(deviation / count));
    }

    /// <summary>The value that a value becomes.</summary>
    public float Round(float value) => value > Mean ? Scale + Mean : value < Mean ? Mean - Scale : Mean;

    /// <summary>Adds the approximation by so many passes to the entries in a region.</summary>
    public static void Approximate(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region, int order, Span<float> result)
    {
        Span<float> rest = stackalloc float[values.Length];
        values.CopyTo(rest);
        for (int pass = 0; pass < order; pass++)
        {
            Binarization fit = Fit(rest, regions, region);
            for (int i = 0; i < values.Length; i++)
            {
                if (regions[i] != region)
                    continue;
                result[i] += fit.Round(rest[i]);
                rest[i] = values[i] - result[i];
            }
        }
    }

    /// <summary>Σ (value − approximation)² over the entries in a region.</summary>
    public static double Error(ReadOnlySpan<float> values, ReadOnlySpan<byte> regions, byte region, int order)
    {
        Span<float> approximation = stackalloc float[values.Length];
        approximation.Clear();
        Approximate(values, regions, region, order, approximation);
        double error = 0;
        for (int i = 0; i < values.Length; i++)
            if (regions[i] == region)
                error += ((double)values[i] - approximation[i]) * ((double)values[i] - approximation[i]);
        return error;
    }
}
