namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Scores against random choice. "Do emergent abilities exist in quantized large language models" (Liu et al. 2023, 2307.08072) reads a quantized model's
/// score by where it lies between
/// random choice and full precision: accuracy of 25 % on four choices is no ability at all, whatever 25 % of full precision's 30 % may look like.
/// </summary>
public static class AboveChance
{
    /// <summary>(score − chance)/(1 − chance): 0 for random choice, 1 for all right, negative below chance; NaN where chance is 1.</summary>
    public static double Normalize(double score, double chance) => chance < 1 ? (score - chance) / (1 - chance) : double.NaN;

    /// <summary>The mean score of random choice on an item: one over its choices; 0 where the answer is written freely.</summary>
    public static double ChanceOf(ItemOutcome item) => item.Choices.Count > 1 ? 1.0 / item.Choices.Count : 0;

    /// <summary>
    /// The share of full precision's ability that a run of the same items has left; NaN and infinite limits for log-likelihoods, which have no chance
    /// level.
    /// </summary>
    /// <exception cref="ArgumentException">The two are not of the same items.</exception>
    public static (double Share, Interval Limits) Retained(EvalResult now, EvalResult full)
    {
        if (now.Identity.Items != full.Identity.Items)
            throw new ArgumentException($"{ResultKey.Of(now)} and {ResultKey.Of(full)} answer different items.");
        if (now.Gate.Kind == GateKind.LogLikelihood)
            return (double.NaN, new Interval(double.NegativeInfinity, double.PositiveInfinity));
        return Retained([.. now.Items.Select(item => item.Score)], [.. full.Items.Select(item => item.Score)], [.. now.Items.Select(ChanceOf)], NormalDistribution.Critical(Gate.Alpha));
    }

    /// <summary>
    /// The share of the ability that is left: (now − chance)/(full − chance), with limits by Fieller's theorem for a ratio of two paired means (JRSS B 16,
    /// 1954): all ρ with (a − ρ·b)² ≤ z²·(V_a − 2ρ·C + ρ²·V_b). Infinite limits where full precision itself is not above chance beyond noise: then no
    /// share means anything.
    /// </summary>
    /// <param name="now">One score an item of this run.</param>
    /// <param name="full">The same items at full precision.</param>
    /// <param name="chance">The mean score of random choice, per item.</param>
    /// <param name="z">Of the limits.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static (double Share, Interval Limits) Retained(IReadOnlyList<double> now, IReadOnlyList<double> full, IReadOnlyList<double> chance, double z)
    {
        if (now.Count != full.Count || now.Count != chance.Count)
            throw new ArgumentException($"{now.Count} scores, {full.Count} at full precision, {chance.Count} of chance; expected one of each an item.");
        int n = now.Count;
        if (n < 2)
            return (double.NaN, new Interval(double.NegativeInfinity, double.PositiveInfinity));
        double[] a = [.. now.Zip(chance, (x, c) => x - c)], b = [.. full.Zip(chance, (x, c) => x - c)];
        double meanA = a.Sum() / n, meanB = b.Sum() / n;
        double va = Covariance(a, a) / n, vb = Covariance(b, b) / n, c = Covariance(a, b) / n;
        return (meanA / meanB, Fieller(meanA, meanB, va, vb, c, z * z));
    }

    private static double Covariance(double[] a, double[] b)
    {
        double meanA = a.Sum() / a.Length, meanB = b.Sum() / b.Length;
        return a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum() / (a.Length - 1);
    }

    private static Interval Fieller(double a, double b, double va, double vb, double c, double zz)
    {
        double square = b * b - zz * vb, linear = a * b - zz * c, constant = a * a - zz * va;
        double discriminant = linear * linear - square * constant;
        if (square <= 0 || discriminant < 0 || b <= 0)
            return new Interval(double.NegativeInfinity, double.PositiveInfinity);
        double root = Math.Sqrt(discriminant);
        return new Interval((linear - root) / square, (linear + root) / square);
    }
}
