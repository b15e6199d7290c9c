namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Intervals from bootstrap replicates of a statistic (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13 and 14). All take the
/// replicates in ascending order and two tail probabilities, e.g. 0.01 and 0.99 for one-sided limits at 1 % each.
/// </summary>
public static class Bootstrap
{
    /// <summary>The quantile with linear interpolation between neighbours, numpy's default.</summary>
    public static double Quantile(ReadOnlySpan<double> sorted, double p)
    {
        if (sorted.Length == 0 || double.IsNaN(p))
            return double.NaN;
        double place = Math.Clamp(p, 0, 1) * (sorted.Length - 1);
        int below = (int)place;
        double fraction = place - below;
        return fraction == 0 ? sorted[below] : sorted[below] + (sorted[below + 1] - sorted[below]) * fraction;
    }

    /// <summary>The replicates' own quantiles.</summary>
    public static Interval Percentile(ReadOnlySpan<double> sorted, double low, double high) => new(Quantile(sorted, low), Quantile(sorted, high));

    /// <summary>The percentile interval mirrored at the estimate.</summary>
    public static Interval Basic(ReadOnlySpan<double> sorted, double estimate, double low, double high) =>
        new(2 * estimate - Quantile(sorted, high), 2 * estimate - Quantile(sorted, low));

    /// <summary>
    /// Bias-corrected and accelerated: quantiles at Φ(z₀ + (z₀ + z_p)/(1 − a(z₀ + z_p))). NaN where the statistic does not vary.
    /// </summary>
    /// <param name="bias">z₀, see <see cref="Bias"/>.</param>
    /// <param name="acceleration">a, see <see cref="Acceleration"/>.</param>
    public static Interval BiasCorrected(ReadOnlySpan<double> sorted, double bias, double acceleration, double low, double high) =>
        new(Quantile(sorted, Corrected(low, bias, acceleration)), Quantile(sorted, Corrected(high, bias, acceleration)));

    /// <summary>z₀ = Φ⁻¹ of the share of replicates below the estimate, ties counted half.</summary>
    public static double Bias(ReadOnlySpan<double> sorted, double estimate)
    {
        int less = 0, notMore = 0;
        foreach (double replicate in sorted)
        {
            less += replicate < estimate ? 1 : 0;
            notMore += replicate <= estimate ? 1 : 0;
        }
        return NormalDistribution.Quantile((less + notMore) / (2.0 * sorted.Length));
    }

    /// <summary>a = Σ(m − j_i)³ / (6·(Σ(m − j_i)²)^1.5) over the statistic without its i-th cluster, m their mean; NaN where all are equal.</summary>
    public static double Acceleration(IReadOnlyCollection<double> jackknife)
    {
        double mean = jackknife.Sum() / jackknife.Count;
        double squares = jackknife.Sum(j => (mean - j) * (mean - j));
        double cubes = jackknife.Sum(j => (mean - j) * (mean - j) * (mean - j));
        return jackknife.All(j => j == jackknife.First()) ? double.NaN : cubes / (6 * Math.Pow(squares, 1.5));
    }

    private static double Corrected(double p, double bias, double acceleration)
    {
        double z = bias + NormalDistribution.Quantile(p);
        return NormalDistribution.Cdf(bias + z / (1 - acceleration * z));
    }
}
