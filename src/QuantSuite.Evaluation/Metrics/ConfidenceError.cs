namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Whether a model knows how sure it may be: stated confidence against being right. Quantization can spoil this before it costs a single answer. Bins of
/// equal width are (low, high], 0 in the
/// first: index ⌈p·bins⌉ − 1 in double, to the letter, for 0.29·100 is 28.999…
/// </summary>
public static class ConfidenceError
{
    /// <summary>Mean (confidence − correct)², Brier (1950), 0 to 1.</summary>
    public static double Brier(IReadOnlyList<double> confidence, IReadOnlyList<int> correct) =>
        confidence.Zip(correct, (p, right) => (p - right) * (p - right)).Sum() / confidence.Count;

    /// <summary>lm-evaluation-harness's <c>brier_score</c>: mean over items of Σ over classes (p − [class is gold])², 0 to 2: twice the binary one.</summary>
    public static double BrierOfClasses(IReadOnlyList<IReadOnlyList<double>> probabilities, IReadOnlyList<int> gold) =>
        probabilities.Select((row, item) => row.Select((p, k) => Math.Pow(p - (k == gold[item] ? 1 : 0), 2)).Sum()).Sum() / gold.Count;

    /// <summary>Expected calibration error: Σ over bins of their share of items times |mean confidence − share right| (Naeini et al. 2015).</summary>
    public static double Expected(IReadOnlyList<double> confidence, IReadOnlyList<int> correct, int binCount = 10) =>
        Bins(confidence, correct, binCount).Sum(bin => bin.Count * bin.Gap) / confidence.Count;

    /// <summary>The largest gap of a bin.</summary>
    public static double Maximum(IReadOnlyList<double> confidence, IReadOnlyList<int> correct, int binCount = 10) =>
        Bins(confidence, correct, binCount).Max(bin => bin.Gap);

    /// <summary>Adaptive: bins of equal count over the items sorted by confidence, the first n mod bins of them one larger, empty ones left out.</summary>
    public static double Adaptive(IReadOnlyList<double> confidence, IReadOnlyList<int> correct, int binCount = 10)
    {
        int[] order = [.. Enumerable.Range(0, confidence.Count).OrderBy(i => confidence[i])];
        double sum = 0;
        for (int bin = 0, first = 0; bin < binCount; bin++)
        {
            int size = order.Length / binCount + (bin < order.Length % binCount ? 1 : 0);
            if (size > 0)
                sum += size * GapOf(order.AsSpan(first, size).ToArray(), confidence, correct);
            first += size;
        }
        return sum / confidence.Count;
    }

    private static IEnumerable<(int Count, double Gap)> Bins(IReadOnlyList<double> confidence, IReadOnlyList<int> correct, int binCount) =>
        Enumerable.Range(0, confidence.Count).GroupBy(i => Math.Clamp((int)Math.Ceiling(confidence[i] * binCount) - 1, 0, binCount - 1)).OrderBy(bin => bin.Key)
            .Select(bin => (bin.Count(), GapOf([.. bin], confidence, correct)));

    private static double GapOf(int[] items, IReadOnlyList<double> confidence, IReadOnlyList<int> correct) =>
        Math.Abs(items.Sum(i => confidence[i]) / items.Length - items.Sum(i => (double)correct[i]) / items.Length);
}
