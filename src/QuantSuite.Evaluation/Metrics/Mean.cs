using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>The mean over items and its standard error: lm-evaluation-harness's <c>mean</c> and <c>mean_stderr</c>.</summary>
public static class Mean
{
    /// <summary>A metric that is the mean of one value an item. No standard error below two items; NaN over no items.</summary>
    public static Metric Of(string name, IReadOnlyList<ItemOutcome> outcomes, Func<ItemOutcome, double> value, bool higherIsBetter = true, string unit = "")
    {
        double[] values = [.. outcomes.Select(value)];
        return new Metric(name, values.Length == 0 ? double.NaN : values.Sum() / values.Length, StandardError.OfMean(values), higherIsBetter, unit);
    }
}
