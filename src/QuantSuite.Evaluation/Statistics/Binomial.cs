namespace QuantSuite.Evaluation.Statistics;

/// <summary>The number X of successes in n independent trials of probability p. Tails are summed from their largest term outwards, exactly but for rounding.</summary>
public static class Binomial
{
    /// <summary>P(X = k); 0 outside of 0 … n.</summary>
    public static double Probability(int k, int n, double p)
    {
        if (k < 0 || k > n)
            return 0;
        if (p <= 0 || p >= 1)
            return k == (p <= 0 ? 0 : n) ? 1 : 0;
        return Math.Exp(LogChoose(n, k) + k * Math.Log(p) + (n - k) * Math.Log(1 - p));
    }

    /// <summary>P(X ≥ k).</summary>
    public static double UpperTail(int k, int n, double p)
    {
        if (k <= 0)
            return 1;
        if (k > n)
            return 0;
        if (k <= n * p)
            return 1 - UpperTail(n - k + 1, n, 1 - p);
        double term = Probability(k, n, p), sum = term, odds = p / (1 - p);
        for (int i = k; i < n && term > sum * 1e-18; i++)
            sum += term *= (n - i) / (i + 1.0) * odds;
        return Math.Min(1, sum);
    }

    /// <summary>P(X ≤ k).</summary>
    public static double LowerTail(int k, int n, double p) => UpperTail(n - k, n, 1 - p);

    /// <summary>
    /// Clopper and Pearson's exact interval of a proportion at level <paramref name="alpha"/>, half of it on each side (Biometrika 26, 1934): the p at which
    /// the observed count would be just unlikely. Low is 0 without a success, high 1 without a failure.
    /// </summary>
    public static Interval ClopperPearson(int successes, int n, double alpha)
    {
        double low = successes == 0 ? 0 : Root(p => UpperTail(successes, n, p) < alpha / 2);
        double high = successes == n ? 1 : Root(p => LowerTail(successes, n, p) >= alpha / 2);
        return new Interval(low, high);
    }

    /// <summary>ln of the number of ways to choose k of n.</summary>
    public static double LogChoose(int n, int k) =>
        k < 0 || k > n ? double.NegativeInfinity
        : SpecialFunctions.LogGamma(n + 1.0) - SpecialFunctions.LogGamma(k + 1.0) - SpecialFunctions.LogGamma(n - k + 1.0);

    // Where a condition that holds below some p stops holding.
    private static double Root(Func<double, bool> below)
    {
        double low = 0, high = 1;
        for (int step = 0; step < 80; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = below(middle) ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }
}
