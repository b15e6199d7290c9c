namespace QuantSuite.Evaluation.Statistics;

/// <summary>How the p-values of many rows are adjusted for there being many.</summary>
public enum Correction
{
    /// <summary>Holm (1979): the chance of even one false alarm stays below α, whatever the dependence. The default.</summary>
    Holm,

    /// <summary>Benjamini and Hochberg (1995): of the alarms at most a share α is false on average, under independence or positive dependence.</summary>
    BenjaminiHochberg,

    /// <summary>Every p times their number.</summary>
    Bonferroni,

    /// <summary>Benjamini and Yekutieli (2001): as Benjamini and Hochberg, under any dependence.</summary>
    BenjaminiYekutieli,

    /// <summary>Hochberg (1988): Holm's factors from the largest p down; under independence.</summary>
    Hochberg,
}

/// <summary>
/// p-values adjusted for there being m of them: a row is an alarm where its adjusted p is at most α. With p₍₁₎ ≤ … ≤ p₍ₘ₎:
/// <code>
/// Holm                  max over j ≤ i of (m − j + 1)·p₍ⱼ₎
/// Hochberg              min over j ≥ i of (m − j + 1)·p₍ⱼ₎
/// Benjamini–Hochberg    min over j ≥ i of m/j·p₍ⱼ₎
/// Benjamini–Yekutieli   the same times Σ 1/k, k = 1 … m
/// </code>
/// capped at 1; equal to statsmodels' <c>multipletests</c>.
/// </summary>
public static class MultipleTesting
{
    /// <summary>Adjusted p-values in the order of the input. NaN counts as 1: nothing is known against that row.</summary>
    public static double[] Adjust(IReadOnlyList<double> p, Correction correction = Correction.Holm)
    {
        int m = p.Count;
        int[] order = [.. Enumerable.Range(0, m).OrderBy(i => Known(p[i]))];
        var scaled = new double[m];
        for (int rank = 0; rank < m; rank++)
            scaled[rank] = Known(p[order[rank]]) * Factor(rank + 1, m, correction);
        if (correction == Correction.Holm)
            RunningMaximum(scaled);
        else if (correction != Correction.Bonferroni)
            RunningMinimum(scaled);
        var adjusted = new double[m];
        for (int rank = 0; rank < m; rank++)
            adjusted[order[rank]] = Math.Min(1, scaled[rank]);
        return adjusted;
    }

    private static double Known(double p) => double.IsNaN(p) ? 1 : p;

    private static double Factor(int rank, int m, Correction correction) => correction switch
    {
        Correction.Bonferroni => m,
        Correction.Holm or Correction.Hochberg => m - rank + 1,
        Correction.BenjaminiHochberg => (double)m / rank,
        _ => (double)m / rank * Enumerable.Range(1, m).Sum(k => 1.0 / k),
    };

    private static void RunningMaximum(double[] values)
    {
        for (int i = 1; i < values.Length; i++)
            values[i] = Math.Max(values[i], values[i - 1]);
    }

    private static void RunningMinimum(double[] values)
    {
        for (int i = values.Length - 2; i >= 0; i--)
            values[i] = Math.Min(values[i], values[i + 1]);
    }
}
