using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SliM-LLM's salience-weighted quantizer calibration (SQC): of 101 grids whose range is p times that of the values, p = 1, 50 steps up to 1.1, 50 steps down to 0.9, the first of
/// least Σ |w − ŵ|^2.4 over the ordinary weights plus λ times the same over the salient ones.
/// </summary>
internal static class SalienceWeightedGrid
{
    private const int StepCount = 50;
    private const float Reach = 0.1f;
    private const double Norm = 2.4;
    private const double SalientDeviation = 2;

    private static readonly float[] Shares = [1, .. Steps(1 + Reach), .. Steps(1 - Reach)];

    /// <summary>The grid of one row of a group, and the share p that it was found at.</summary>
    public static (QuantGrid Grid, float Share) Fit(ReadOnlySpan<float> values, ReadOnlySpan<bool> salient, int bits, bool symmetric, double lambda)
    {
        float min = 0, max = 0;
        foreach (float value in values)
            (min, max) = (MathF.Min(min, value), MathF.Max(max, value));
        if (min == 0 && max == 0)
            (min, max) = (-1, 1);
        (QuantGrid Grid, float Share) best = default;
        double least = double.PositiveInfinity;
        foreach (float share in Shares)
        {
            QuantGrid grid = Between(share * min, share * max, bits, symmetric);
            double error = Error(values, salient, grid, bits, lambda, least);
            if (error < least)
                (least, best) = (error, (grid, share));
        }
        return best;
    }

    /// <summary>
    /// The salient weights of a group, all rows together: those not below the smallest salience w²/U_jj² whose distance from the mean exceeds two standard deviations.
    /// </summary>
    public static bool[] Salient(ReadOnlySpan<float> salience)
    {
        double sum = 0, squares = 0;
        foreach (float value in salience)
            sum += value;
        double mean = sum / salience.Length;
        foreach (float value in salience)
            squares += (value - mean) * (value - mean);
        double deviation = Math.Sqrt(squares / Math.Max(1, salience.Length - 1)), threshold = double.PositiveInfinity;
        foreach (float value in salience)
            if (Math.Abs(value - mean) > SalientDeviation * deviation)
                threshold = Math.Min(threshold, value);
        var mask = new bool[salience.Length];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = salience[i] >= threshold;
        return mask;
    }

    private static QuantGrid Between(float min, float max, int bits, bool symmetric)
    {
        float scale = (max - min) / ((1 << bits) - 1);
        return new QuantGrid(scale, symmetric ? 1 << (bits - 1) : MathF.Round(-min / scale));
    }

    // Stops where the error is already as large as the least one.
    private static double Error(ReadOnlySpan<float> values, ReadOnlySpan<bool> salient, QuantGrid grid, int bits, double lambda, double limit)
    {
        double error = 0;
        for (int i = 0; i < values.Length && error < limit; i++)
        {
            float distance = MathF.Abs(GptqGrid.Decode(GptqGrid.Encode(values[i], grid, bits), grid) - values[i]);
            if (distance > 0)
                error += (salient[i] ? lambda : 1) * Numerics.ElementaryFunctions.Pow(distance, Norm);
        }
        return error;
    }

    private static IEnumerable<float> Steps(float end) => Enumerable.Range(1, StepCount).Select(i => TorchRange.At(1, end, StepCount + 1, i));
}
