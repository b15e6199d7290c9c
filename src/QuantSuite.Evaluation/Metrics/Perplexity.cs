using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// exp(−Σ ln p / Σ weight) over all texts, where the weight is words, bytes or tokens: lm-evaluation-harness's <c>weighted_perplexity</c> and
/// <c>bits_per_byte</c> (a ratio of sums, no mean of per-text values). The harness states no standard error for them; ours is that of the ratio,
/// robust against dependence within a text, carried over to the perplexity by its derivative.
/// </summary>
public static class Perplexity
{
    /// <summary><c>word_perplexity</c>, <c>byte_perplexity</c>, <c>token_perplexity</c>.</summary>
    public static Metric Per(string unit, IReadOnlyList<ItemOutcome> outcomes, Func<ItemOutcome, double> weight)
    {
        double value = Weighted(outcomes.Select(o => (o.Score, weight(o))));
        return new Metric($"{unit}_perplexity", value, value * Error(outcomes, weight), HigherIsBetter: false, $"per {unit}");
    }

    /// <summary><c>bits_per_byte</c>.</summary>
    public static Metric BitsPerByte(IReadOnlyList<ItemOutcome> outcomes) =>
        new("bits_per_byte", BitsPerByte(outcomes.Select(o => (o.Score, Bytes(o)))), Error(outcomes, Bytes) / Math.Log(2), HigherIsBetter: false, "bits/byte");

    /// <summary>exp(−Σ ln p / Σ weight).</summary>
    public static double Weighted(IEnumerable<(double LogLikelihood, double Weight)> items) => Math.Exp(NegativeMean(items));

    /// <summary>−Σ ln p / (Σ bytes · ln 2).</summary>
    public static double BitsPerByte(IEnumerable<(double LogLikelihood, double Bytes)> items) => NegativeMean(items) / Math.Log(2);

    private static double Bytes(ItemOutcome outcome) => outcome.Values["bytes"];

    private static double? Error(IReadOnlyList<ItemOutcome> outcomes, Func<ItemOutcome, double> weight) =>
        StandardError.OfRatio([.. outcomes.Select(o => o.Score)], [.. outcomes.Select(weight)], [.. outcomes.Select(o => o.Cluster)]);

    private static double NegativeMean(IEnumerable<(double LogLikelihood, double Weight)> items)
    {
        double sum = 0, weights = 0;
        foreach ((double logLikelihood, double weight) in items)
        {
            sum += logLikelihood;
            weights += weight;
        }
        return -(sum / weights);
    }
}
