using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// The grids of GPTQ's <c>Quantizer.find_params</c> (IST-DASLab/gptq, quant.py), which PB-LLM, BiLLM and SliM-LLM share. The range always holds 0.
/// Asymmetric: s = (max − min)/(2ᵇ−1), z = rint(−min/s). Symmetric, full range: s = 2·max|w|/(2ᵇ−1) with z = 2ᵇ⁻¹ (a range without negative values keeps min = 0).
/// A range of zeros becomes −1 … 1. With the clip search both ends shrink by p = 1 − i/100, i = 0 … 79, and the first p of least Σ|w − ŵ|^2.4 stays.
/// float32, one rounding an operation.
/// </summary>
public static class GptqGrid
{
    private const int GridCount = 100;
    private const double LargestShrink = 0.8;
    private const double Norm = 2.4;

    /// <summary>The grid of a group of values.</summary>
    public static QuantGrid Fit(ReadOnlySpan<float> values, int bits, bool symmetric, bool searchClip = false)
    {
        (float min, float max) = Range(values, symmetric);
        QuantGrid grid = Between(min, max, bits, symmetric);
        if (!searchClip)
            return grid;
        double best = double.PositiveInfinity;
        for (int i = 0; i < (int)(LargestShrink * GridCount); i++)
        {
            float p = (float)(1 - (double)i / GridCount);
            QuantGrid candidate = Between(p * min, p * max, bits, symmetric);
            double error = Error(values, candidate, bits);
            if (error < best)
                (best, grid) = (error, candidate);
        }
        return grid;
    }

    /// <summary>q = clamp(rint(w/s) + z, 0, 2ᵇ−1), ties to even.</summary>
    public static int Encode(float value, QuantGrid grid, int bits) => (int)MathF.Max(0, MathF.Min((1 << bits) - 1, MathF.Round(value / grid.Scale) + grid.Zero));

    /// <summary>ŵ = s·(q − z).</summary>
    public static float Decode(int code, QuantGrid grid) => (code - grid.Zero) * grid.Scale;

    private static (float Min, float Max) Range(ReadOnlySpan<float> values, bool symmetric)
    {
        float min = 0, max = 0;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }
        if (symmetric)
        {
            max = MathF.Max(-min, max);
            if (min < 0)
                min = -max;
        }
        return min == 0 && max == 0 ? (-1, 1) : (min, max);
    }

    private static QuantGrid Between(float min, float max, int bits, bool symmetric)
    {
        float scale = (max - min) / ((1 << bits) - 1);
        return new QuantGrid(scale, symmetric ? 1 << (bits - 1) : MathF.Round(-min / scale));
    }

    private static double Error(ReadOnlySpan<float> values, QuantGrid grid, int bits)
    {
        double error = 0;
        foreach (float value in values)
            if (MathF.Abs(Decode(Encode(value, grid, bits), grid) - value) is var distance and > 0)
                error += ElementaryFunctions.Pow(distance, Norm);
        return error;
    }
}
