namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// How two lists of numbers go together, with two-sided p-values; equal to scipy's <c>pearsonr</c>, <c>spearmanr</c> and <c>kendalltau</c>. NaN where a list is
/// constant: then nothing goes with anything.
/// </summary>
public static class Correlation
{
    /// <summary>Pearson's r: covariance over both deviations.</summary>
    /// <exception cref="ArgumentException">The lists differ in length, or hold fewer than two numbers.</exception>
    public static double Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Require(x, y);
        double meanX = x.Sum() / x.Count, meanY = y.Sum() / y.Count;
        double squaresX = x.Sum(v => (v - meanX) * (v - meanX)), squaresY = y.Sum(v => (v - meanY) * (v - meanY));
        if (IsConstant(x) || IsConstant(y))
            return double.NaN;
        return Math.Clamp(x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / Math.Sqrt(squaresX * squaresY), -1, 1);
    }

    /// <summary>p of r under independence and normality: t = r·√((n − 2)/(1 − r²)) with n − 2 degrees of freedom; 1 for two points.</summary>
    public static double PearsonP(double r, int count) =>
        double.IsNaN(r) ? double.NaN : count == 2 ? 1 : SpecialFunctions.StudentTwoSided(r * Math.Sqrt((count - 2) / ((1 - r) * (1 + r))), count - 2);

    /// <summary>Spearman's ρ: Pearson's r of the ranks, equals sharing their mean rank.</summary>
    public static double Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Ranks(x), Ranks(y));

    /// <summary>p of ρ by the same t; NaN for two points, as scipy has it.</summary>
    public static double SpearmanP(double rho, int count) => count == 2 ? double.NaN : PearsonP(rho, count);

    /// <summary>Kendall's τ-b: (concordant − discordant)/√((n₀ − n₁)(n₀ − n₂)), n₀ all pairs, n₁ and n₂ those tied in x and in y.</summary>
    public static double KendallB(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        (double score, double tiedX, double tiedY) = Pairs(x, y);
        double all = x.Count * (x.Count - 1.0) / 2;
        return score / Math.Sqrt(all - tiedX) / Math.Sqrt(all - tiedY);
    }

    /// <summary>Stuart's τ-c: 2·(concordant − discordant)/(n²·(m − 1)/m), m the fewer distinct values of the two.</summary>
    public static double KendallC(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double m = Math.Min(x.Distinct().Count(), y.Distinct().Count());
        return 2 * Pairs(x, y).Score / ((double)x.Count * x.Count * (m - 1) / m);
    }

    /// <summary>
    /// p of τ: exact without ties for at most 33 points or an almost perfect order, else normal with the variance for ties (Kendall, Rank Correlation
    /// Methods, §4).
    /// </summary>
    public static double KendallP(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        (double score, double tiedX, double tiedY) = Pairs(x, y);
        if (IsConstant(x) || IsConstant(y))
            return double.NaN;
        double n = x.Count, all = n * (n - 1) / 2, discordant = (all - score) / 2;
        if (tiedX == 0 && tiedY == 0 && (n <= 33 || Math.Min(discordant, all - discordant) <= 1))
            return KendallExact(x.Count, (int)Math.Min(discordant, all - discordant));
        double variance = (n * (n - 1) * (2 * n + 5) - Ties(x, t => t * (t - 1) * (2 * t + 5)) - Ties(y, t => t * (t - 1) * (2 * t + 5))) / 18
            + 2 * tiedX * tiedY / (n * (n - 1)) + Ties(x, t => t * (t - 1) * (t - 2)) * Ties(y, t => t * (t - 1) * (t - 2)) / (9 * n * (n - 1) * (n - 2));
        return 2 * NormalDistribution.UpperTail(Math.Abs(score) / Math.Sqrt(variance));
    }

    /// <summary>Ranks from 1, equals sharing the mean of theirs.</summary>
    public static double[] Ranks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        var ranks = new double[order.Length];
        for (int first = 0, end; first < order.Length; first = end)
        {
            for (end = first + 1; end < order.Length && values[order[end]].Equals(values[order[first]]);)
                end++;
            for (int i = first; i < end; i++)
                ranks[order[i]] = (first + 1 + end) / 2.0;
        }
        return ranks;
    }

    // The chance of at most so many or at least all but so many inversions of a random order; counts by Mahonian numbers.
    private static double KendallExact(int n, int inversions)
    {
        var ways = new double[inversions + 1];
        ways[0] = 1;
        for (int size = 2; size <= n; size++)
            for (int k = inversions; k >= 0; k--)
                ways[k] = Enumerable.Range(Math.Max(0, k - size + 1), k - Math.Max(0, k - size + 1) + 1).Sum(j => ways[j]) / size;
        return Math.Min(1, 2 * ways.Sum());
    }

    private static (double Score, double TiedX, double TiedY) Pairs(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Require(x, y);
        double score = 0, tiedX = 0, tiedY = 0;
        for (int i = 0; i < x.Count; i++)
            for (int j = 0; j < i; j++)
            {
                int a = x[i].CompareTo(x[j]), b = y[i].CompareTo(y[j]);
                score += Math.Sign(a) * Math.Sign(b);
                tiedX += a == 0 ? 1 : 0;
                tiedY += b == 0 ? 1 : 0;
            }
        return (score, tiedX, tiedY);
    }

    private static double Ties(IReadOnlyList<double> values, Func<double, double> of) => values.GroupBy(v => v).Sum(group => of(group.Count()));

    private static bool IsConstant(IReadOnlyList<double> values) => values.All(v => v == values[0]);

    private static void Require(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count || x.Count < 2)
            throw new ArgumentException($"{x.Count} and {y.Count} numbers; a correlation needs two lists of one length of at least 2.");
    }
}
