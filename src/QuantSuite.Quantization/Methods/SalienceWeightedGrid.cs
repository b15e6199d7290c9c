using System.Runtime.Intrinsics;
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
    private const int Lanes = 16;
    private const float LeastSquare = 1e-30f;
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
        // Whole vectors: a zero is always on the grid, so those that fill the last one add no error.
        int length = (values.Length + Lanes - 1) / Lanes * Lanes;
        Span<float> padded = stackalloc float[length], weights = stackalloc float[length];
        padded.Clear();
        values.CopyTo(padded);
        for (int i = 0; i < length; i++)
            weights[i] = i < values.Length && salient[i] ? (float)lambda : 1;
        (QuantGrid Grid, float Share) best = default;
        double least = double.PositiveInfinity;
        foreach (float share in Shares)
        {
            QuantGrid grid = Between(share * min, share * max, bits, symmetric);
            double error = Error(padded, weights, grid, bits);
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

    private static double Error(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, QuantGrid grid, int bits)
    {
        Vector512<float> scale = Vector512.Create(grid.Scale), zero = Vector512.Create(grid.Zero), last = Vector512.Create((float)((1 << bits) - 1)), sum = default;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            Vector512<float> value = Vector512.Create(values[i..]), code = Vector512.Round(value / scale) + zero;
            code = Vector512.Max(Vector512<float>.Zero, Vector512.Min(last, code));
            sum += Vector512.Create(weights[i..]) * Power((code - zero) * scale - value);
        }
        double error = 0;
        for (int lane = 0; lane < Lanes; lane++)
            error += sum[lane];
        return error;
    }

    // |d|^2.4 = a·a^(1/5) with a = d², the root by three steps of Newton from a guess in the exponent: good to single precision, in operations that are the same everywhere.
    private static Vector512<float> Power(Vector512<float> distance)
    {
        Vector512<float> square = distance * distance, fifth = Vector512.Create(0.2f), four = Vector512.Create(4f);
        Vector512<float> root = Vector512.ConvertToInt32(Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(square.AsInt32()), fifth, Vector512.Create(852282573f))).AsSingle();
        for (int step = 0; step < 3; step++)
        {
            Vector512<float> two = root * root;
            root = Vector512.FusedMultiplyAdd(four, root, square / (two * two)) * fifth;
        }
        return Vector512.ConditionalSelect(Vector512.LessThan(square, Vector512.Create(LeastSquare)), Vector512<float>.Zero, square * root);
    }

    private static IEnumerable<float> Steps(float end) => Enumerable.Range(1, StepCount).Select(i => TorchRange.At(1, end, StepCount + 1, i));
}
