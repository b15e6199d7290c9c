namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// How small a loss a comparison of n items can see, before anything is run. Two runs of the same items (paired) differ on a share ψ of them, the
/// discordance; their scores differ by Δ = (gained − lost)/n. All tests are one-sided at level α.
/// <code>
/// paired      power = Φ((√n·Δ − z_α·√ψ)/√(ψ − Δ²))                        Connor, Biometrics 43 (1987), one-sided
/// unpaired    power = Φ(Δ·√(n/(2σ²)) − z_α),  loss = (z_α + z_β)·√(2σ²/n)   the rule of TensorRT-LLM's accuracy tests, σ² = p(1 − p)
/// exact       Σ_k P(k flips) · P(the exact McNemar test rejects | k),  k binomial (n, ψ), losses binomial (k, (1 + Δ/ψ)/2)
/// </code>
/// The exact power is below the formula: McNemar's exact test spends less than α, the less the fewer flips there are. Both are of the test on right
/// and wrong alone; <see cref="OfMean"/> is for continuous scores (log-likelihood margins).
/// </summary>
public static class PowerAnalysis
{
    /// <summary>The power that tables state.</summary>
    public const double Usual = 0.8;

    /// <summary>Connor's power of the paired test.</summary>
    /// <param name="discordance">ψ, the share of items on which the runs differ; at least <paramref name="loss"/>.</param>
    /// <param name="loss">Δ &gt; 0, a fraction of items.</param>
    public static double Paired(int itemCount, double discordance, double loss, double alpha)
    {
        double spread = discordance - loss * loss;
        double excess = Math.Sqrt(itemCount) * loss - NormalDistribution.Critical(alpha) * Math.Sqrt(discordance);
        return spread > 0 ? NormalDistribution.Cdf(excess / Math.Sqrt(spread)) : excess > 0 ? 1 : 0;
    }

    /// <summary>Power of the unpaired test of two proportions near <paramref name="p"/>.</summary>
    public static double Unpaired(int itemCount, double p, double loss, double alpha) =>
        NormalDistribution.Cdf(loss * Math.Sqrt(itemCount / (2 * p * (1 - p))) - NormalDistribution.Critical(alpha));

    /// <summary>Power of the mean of a continuous paired difference with standard deviation <paramref name="deviation"/>: Φ(√n·Δ/s − z_α).</summary>
    public static double OfMean(int itemCount, double deviation, double loss, double alpha) =>
        NormalDistribution.Cdf(Math.Sqrt(itemCount) * loss / deviation - NormalDistribution.Critical(alpha));

    /// <summary>
    /// Power of McNemar's exact one-sided test by enumeration of all tables; at <paramref name="loss"/> = 0 its size, which never exceeds α.
    /// </summary>
    public static double PairedExact(int itemCount, double discordance, double loss, double alpha)
    {
        double lostShare = discordance == 0 ? 0.5 : Math.Clamp((1 + loss / discordance) / 2, 0, 1);
        double power = 0;
        foreach ((int flips, double chance) in Likely(itemCount, discordance))
            power += chance * Binomial.UpperTail(FewestLost(flips, alpha), flips, lostShare);
        return power;
    }

    /// <summary>The fewest lost of so many flips that the exact test calls a loss; more than there are flips where none would.</summary>
    public static int FewestLost(int flipCount, double alpha)
    {
        if (Math.Pow(0.5, flipCount) > alpha)
            return flipCount + 1;
        int low = flipCount / 2, high = flipCount;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Binomial.UpperTail(middle, flipCount, 0.5) <= alpha)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>The smallest loss that the paired test sees with the given power (Connor's formula); null where even ψ itself is too small.</summary>
    public static double? SmallestPaired(int itemCount, double discordance, double alpha, double power = Usual) =>
        Smallest(loss => Paired(itemCount, discordance, loss, alpha), discordance, power);

    /// <summary>The smallest loss that the exact paired test sees with the given power; null where there is none.</summary>
    public static double? SmallestPairedExact(int itemCount, double discordance, double alpha, double power = Usual) =>
        Smallest(loss => PairedExact(itemCount, discordance, loss, alpha), discordance, power);

    /// <summary>(z_α + z_β)·√(2p(1 − p)/n): the smallest loss that the unpaired test sees.</summary>
    public static double SmallestUnpaired(int itemCount, double p, double alpha, double power = Usual) =>
        (NormalDistribution.Critical(alpha) + NormalDistribution.Quantile(power)) * Math.Sqrt(2 * p * (1 - p) / itemCount);

    /// <summary>(z_α + z_β)·s/√n: the smallest loss of a mean.</summary>
    public static double SmallestOfMean(int itemCount, double deviation, double alpha, double power = Usual) =>
        (NormalDistribution.Critical(alpha) + NormalDistribution.Quantile(power)) * deviation / Math.Sqrt(itemCount);

    /// <summary>Numbers of flips with their probability, but for a tail of less than 1e-12.</summary>
    public static IEnumerable<(int Flips, double Probability)> Likely(int itemCount, double discordance)
    {
        double centre = itemCount * discordance, reach = 8 * Math.Sqrt(centre * (1 - discordance)) + 30;
        int last = (int)Math.Min(itemCount, centre + reach);
        for (int k = (int)Math.Max(0, centre - reach); k <= last; k++)
            yield return (k, Binomial.Probability(k, itemCount, discordance));
    }

    private static double? Smallest(Func<double, double> powerOf, double most, double power)
    {
        if (powerOf(most) < power)
            return null;
        double low = 0, high = most;
        for (int step = 0; step < 40; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = powerOf(middle) < power ? (middle, high) : (low, middle);
        }
        return high;
    }
}
