using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// How small a loss a row can see, from two of its approved runs: n items, the share of them on which the runs differ (the measured discordance) and the
/// spread of
/// their log-likelihood margins. All losses are those seen in four of five cases at the row's level.
/// </summary>
/// <param name="ItemCount">n.</param>
/// <param name="Discordance">The share of items whose outcome differs; for scores the share that moved.</param>
/// <param name="Paired">Connor's formula, a fraction; null where even a loss of all discordant items stays unseen.</param>
/// <param name="PairedExact">By enumeration of McNemar's exact test.</param>
/// <param name="Unpaired">What two runs of different items would see.</param>
/// <param name="Nats">The smallest loss of the mean log-likelihood margin, nats; null where the row has none.</param>
public sealed record RowPower(int ItemCount, double Discordance, double? Paired, double? PairedExact, double Unpaired, double? Nats)
{
    /// <summary>The same as points of accuracy averaged over all handicaps, a fraction.</summary>
    public double? NatsAsShare => Nats is { } nats ? MarginComparison.AsShare(nats) : null;

    /// <summary>What n items can see at a stated discordance.</summary>
    /// <param name="p">The accuracy, for the unpaired rule; ½ is its worst case.</param>
    public static RowPower At(int itemCount, double discordance, double p = 0.5, double alpha = Gate.Alpha) => new(
        itemCount, discordance, PowerAnalysis.SmallestPaired(itemCount, discordance, alpha), PowerAnalysis.SmallestPairedExact(itemCount, discordance, alpha),
        PowerAnalysis.SmallestUnpaired(itemCount, p, alpha), null);

    /// <summary>What a row can see by two approved runs of the same items; null where they are of other items, or of log-likelihoods.</summary>
    public static RowPower? Of(Baseline before, Baseline now)
    {
        int n = now.Scores.Count;
        if (before.Identity.Items != now.Identity.Items || before.Scores.Count != n || n == 0 || now.Gate.Kind == GateKind.LogLikelihood)
            return null;
        bool binary = now.Gate.Kind == GateKind.RightOrWrong, margins = before.Margins is not null && now.Margins is not null;
        double alpha = margins ? Gate.Alpha / 2 : Gate.Alpha, mean = Math.Clamp(now.Scores.Average(), 0.01, 0.99);
        double discordance = before.Scores.Zip(now.Scores, (a, b) => a.Equals(b) ? 0.0 : 1).Average();
        RowPower power = At(n, discordance, mean, alpha);
        if (!binary)
            power = power with { Paired = OfMean(before.Scores, now.Scores, alpha), PairedExact = null };
        return power with { Nats = margins ? OfMean(before.Margins!, now.Margins!, alpha, Gate.Cut) : null };
    }

    private static double? OfMean(IReadOnlyList<double> before, IReadOnlyList<double> now, double alpha, Func<double, double>? cut = null)
    {
        double[] changes = [.. before.Zip(now, (a, b) => cut is null ? b - a : cut(b) - cut(a)).Where(double.IsFinite)];
        return StandardError.OfMean(changes) is { } error ? PowerAnalysis.SmallestOfMean(changes.Length, error * Math.Sqrt(changes.Length), alpha) : null;
    }
}
