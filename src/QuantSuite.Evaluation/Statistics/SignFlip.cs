using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// The sign-flip permutation test of paired differences (Fisher's randomization test; Good, Permutation Tests, §3.2): if the two runs were
/// interchangeable, each cluster's difference might as well have the other sign. p is the share of sign patterns whose sum is as low as the one
/// observed. All 2^G patterns where there are at most 2¹⁶, else <see cref="FlipCount"/> drawn ones, the observed pattern counted among them (Phipson
/// and Smyth 2010), so that p is never 0 and the size never exceeds the level. Clusters (documents, chunks) flip whole.
/// </summary>
public static class SignFlip
{
    /// <summary>Drawn patterns.</summary>
    public const int FlipCount = 9_999;

    private const int ExactClusterCount = 16;

    /// <summary>One-sided p for a loss: the chance that interchangeable runs would show a sum this low or lower. 1 without differences.</summary>
    /// <param name="differences">One a cluster, this run less the other; zeros carry no evidence.</param>
    /// <param name="seed">Of the drawn patterns.</param>
    public static double LossP(IEnumerable<double> differences, ulong seed)
    {
        double[] moved = [.. differences.Where(difference => difference != 0)];
        if (moved.Length == 0)
            return 1;
        double observed = moved.Sum(), slack = 1e-12 * moved.Sum(Math.Abs);
        return moved.Length <= ExactClusterCount ? Exact(moved, observed + slack) : Drawn(moved, observed + slack, new SeededRandom(seed));
    }

    private static double Exact(double[] moved, double bound)
    {
        int low = 0, patterns = 1 << moved.Length;
        for (int signs = 0; signs < patterns; signs++)
            low += Sum(moved, 0, (ulong)signs) <= bound ? 1 : 0;
        return (double)low / patterns;
    }

    private static double Drawn(double[] moved, double bound, SeededRandom random)
    {
        int low = 1;
        for (int flip = 0; flip < FlipCount; flip++)
        {
            double sum = 0;
            for (int start = 0; start < moved.Length; start += 64)
                sum += Sum(moved.AsSpan(start, Math.Min(64, moved.Length - start)), 0, random.NextUInt64());
            low += sum <= bound ? 1 : 0;
        }
        return (double)low / (FlipCount + 1);
    }

    // A set bit turns the sign.
    private static double Sum(ReadOnlySpan<double> values, double sum, ulong signs)
    {
        for (int i = 0; i < values.Length; i++, signs >>= 1)
            sum += BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(values[i]) ^ (long)(signs << 63));
        return sum;
    }
}
