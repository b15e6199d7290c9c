namespace QuantSuite.Evaluation;

/// <summary>
/// How far runs of one row differ from one another though nothing changed. Zero where the engine states a number contract (equal bits, whatever the batch
/// and the threads); measured by <c>calibrate-noise</c> for engines that cannot promise that (remote ones, CUDA), and kept in the baseline.
/// </summary>
/// <param name="RunCount">Runs that were compared, each with each.</param>
/// <param name="FlipRate">The largest share of items on which two of them gave another outcome.</param>
/// <param name="ScoreSpread">The largest difference of the mean score between two of them.</param>
/// <param name="NatsSpread">The largest difference of the mean log-likelihood margin, nats; 0 where items have none.</param>
/// <param name="EqualBits">Whether all runs agreed bit by bit.</param>
public sealed record NoiseFloor(int RunCount, double FlipRate, double ScoreSpread, double NatsSpread, bool EqualBits)
{
    /// <summary>The noise among runs of one row.</summary>
    /// <exception cref="ArgumentException">Fewer than two runs, or runs of different items.</exception>
    public static NoiseFloor Of(IReadOnlyList<EvalResult> runs)
    {
        if (runs.Count < 2 || runs.Any(run => run.Identity.Items != runs[0].Identity.Items || run.Items.Count != runs[0].Items.Count))
            throw new ArgumentException($"{runs.Count} runs; noise needs at least two runs of the same items.");
        double flips = 0, score = 0, nats = 0;
        for (int i = 0; i < runs.Count; i++)
            for (int j = 0; j < i; j++)
            {
                flips = Math.Max(flips, Share(runs[i], runs[j]));
                score = Math.Max(score, Math.Abs(Mean(runs[i], item => item.Score) - Mean(runs[j], item => item.Score)));
                nats = Math.Max(nats, Math.Abs(Mean(runs[i], Nats) - Mean(runs[j], Nats)));
            }
        return new NoiseFloor(runs.Count, flips, score, nats, runs.All(run => run.BitsHash == runs[0].BitsHash));
    }

    private static double Share(EvalResult one, EvalResult other) =>
        one.Items.Count == 0 ? 0 : one.Items.Zip(other.Items, (a, b) => a.Score.Equals(b.Score) && a.Code == b.Code ? 0.0 : 1).Average();

    private static double Mean(EvalResult run, Func<ItemOutcome, double> value) =>
        run.Items.Select(item => (Value: value(item), item.Weight)).Where(item => double.IsFinite(item.Value)).Aggregate((Sum: 0.0, Weight: 0.0),
            (sum, item) => (sum.Sum + item.Value, sum.Weight + item.Weight), sum => sum.Weight > 0 ? sum.Sum / sum.Weight : 0);

    private static double Nats(ItemOutcome item) => item.Margin is { } margin ? Gate.Cut(margin) : 0;
}
