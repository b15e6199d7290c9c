namespace QuantSuite.Evaluation.Statistics;

/// <summary>Standard errors that a table prints. Null where there are too few values to know any.</summary>
public static class StandardError
{
    /// <summary>Of a mean: s/√n, s² = Σ(x − x̄)²/(n − 1). lm-evaluation-harness's <c>mean_stderr</c>; null (its N/A) below two values.</summary>
    public static double? OfMean(IReadOnlyCollection<double> values)
    {
        int n = values.Count;
        if (n < 2)
            return null;
        if (values.All(value => value == values.First()))
            return 0;
        double mean = values.Sum() / n;
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return Math.Sqrt(squares / (n - 1)) / Math.Sqrt(n);
    }

    /// <summary>
    /// Of a ratio Σ numerator / Σ denominator (nats over tokens), robust against dependence within clusters: with r the ratio,
    /// e_g = Σ_{i in g} (numerator_i − r·denominator_i) and G clusters, √(G/(G − 1) · Σ e_g²) / Σ denominator
    /// (Cochran, Sampling Techniques, §6.4 and §9A). Tokens of one text are not independent; treating them so, as llama.cpp's ± does, is too narrow.
    /// </summary>
    /// <param name="clusters">The cluster of each item; an empty name is a cluster of its own.</param>
    /// <returns>Null below two clusters or without weight.</returns>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static double? OfRatio(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators, IReadOnlyList<string> clusters)
    {
        if (numerators.Count != denominators.Count || numerators.Count != clusters.Count)
            throw new ArgumentException(
                $"{numerators.Count} numerators, {denominators.Count} denominators and {clusters.Count} clusters; expected one of each an item.");
        double weight = denominators.Sum();
        double ratio = numerators.Sum() / weight;
        int[] index = Clusters.Index(clusters, out int count);
        if (count < 2 || !(weight > 0))
            return null;
        var residuals = new double[count];
        for (int i = 0; i < index.Length; i++)
            residuals[index[i]] += numerators[i] - ratio * denominators[i];
        return Math.Sqrt((double)count / (count - 1) * residuals.Sum(e => e * e)) / weight;
    }

    /// <summary>
    /// Of a group's size-weighted mean, as lm-evaluation-harness pools its tasks: √(Σ (n_i − 1)·n_i·se_i² / (Σn_i − k) / Σn_i) for k tasks.
    /// </summary>
    public static double Pooled(IReadOnlyList<double> standardErrors, IReadOnlyList<int> sizes)
    {
        double total = sizes.Sum(n => (double)n);
        double variance = standardErrors.Zip(sizes, (se, n) => (n - 1.0) * n * se * se).Sum() / (total - sizes.Count);
        return Math.Sqrt(variance / total);
    }

    /// <summary>Of a group's plain mean of k tasks: √(Σ se_i²) / k.</summary>
    public static double Unweighted(IReadOnlyList<double> standardErrors) => Math.Sqrt(standardErrors.Sum(se => se * se)) / standardErrors.Count;
}
