using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// Two runs of the same items, paired: the change of the mean score (new minus before, higher is better) with one-sided limits at
/// <see cref="Alpha"/> each, and the items that changed. Right and wrong: Tango's score interval; where items share a document or a subject, the wider of
/// it and the clustered one. Real
/// scores and log-likelihoods: the ratio Σ score / Σ weight with the clustered bootstrap of <see cref="PairedRatio"/>, seeded from both runs' content.
/// Items that are not finite in either run are left out of the change and counted.
/// </summary>
public sealed record Comparison
{
    /// <summary>What the scores are, and the margin.</summary>
    public required Gate Gate { get; init; }

    /// <summary>Items of the task.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Independent draws among them: documents, or items.</summary>
    public required int ClusterCount { get; init; }

    /// <summary>Σ score / Σ weight of the earlier run.</summary>
    public required double Before { get; init; }

    /// <summary>Σ score / Σ weight of this run.</summary>
    public required double Now { get; init; }

    /// <summary><see cref="Now"/> minus <see cref="Before"/>; NaN without items.</summary>
    public required double Change { get; init; }

    /// <summary>Standard error of the paired change; null below two draws.</summary>
    public required double? StandardError { get; init; }

    /// <summary>One-sided limits of the change.</summary>
    public required Interval Limits { get; init; }

    /// <summary>The items whose score or answer differs, in the task's order.</summary>
    public required IReadOnlyList<ItemChange> Changes { get; init; }

    /// <summary>Items whose score fell.</summary>
    public required int LostCount { get; init; }

    /// <summary>Items whose score rose.</summary>
    public required int GainedCount { get; init; }

    /// <summary>Items whose log-likelihoods were numbers and are not any more. They are a failure whatever the mean says.</summary>
    public required int BrokenCount { get; init; }

    /// <summary>The level of each limit: the row's, or half of it where <see cref="Margins"/> judge too.</summary>
    public required double Alpha { get; init; }

    /// <summary>One-sided p for a loss of the score: McNemar's exact one, or the larger of the guarded interval's and the sign-flip test's.</summary>
    public required double ScoreLossP { get; init; }

    /// <summary>One-sided p for a gain of the score.</summary>
    public required double ScoreGainP { get; init; }

    /// <summary>What the log-likelihood margins say, for choice tasks whose earlier run has them; else null.</summary>
    public MarginComparison? Margins { get; init; }

    /// <summary>McNemar's exact two-sided p, for right and wrong only.</summary>
    public double? McNemarP { get; init; }

    /// <summary>
    /// About how many items like these would decide (<see cref="PairedRatio.NeededClusterCount"/>, times items per cluster); null where none would.
    /// </summary>
    public double? NeededItemCount { get; init; }

    /// <summary>The row's p for a loss: by the scores, or twice the smaller where log-likelihood margins judge too (Bonferroni).</summary>
    public double LossP => Margins is { } margins ? Math.Min(1, 2 * Math.Min(ScoreLossP, margins.LossP)) : ScoreLossP;

    /// <summary>What the scores alone say, by the rule of <see cref="Verdict"/>; <see cref="VerdictKind.Changed"/> where none differs.</summary>
    public VerdictKind ScoreKind
    {
        get
        {
            if (!ScoresDiffer)
                return VerdictKind.Changed;
            if (BrokenCount > 0)
                return VerdictKind.Fail;
            if (Limits.Low > 0 && ScoreGainP <= Alpha)
                return VerdictKind.Improved;
            if (Limits.Low > -Gate.Margin)
                return VerdictKind.Pass;
            return Limits.High < 0 && ScoreLossP <= Alpha ? VerdictKind.Fail : VerdictKind.Inconclusive;
        }
    }

    /// <summary>
    /// Both together. A loss that either proves fails. A score that passes or did not change is undecided where the margins are, and improved where they
    /// are; a score that is undecided stays so: margins may fail a row, never pass it.
    /// </summary>
    public VerdictKind Kind => (ScoreKind, Margins?.Kind) switch
    {
        (var score, null) => score,
        (VerdictKind.Fail, _) or (_, VerdictKind.Fail) => VerdictKind.Fail,
        (VerdictKind.Pass or VerdictKind.Changed, VerdictKind.Inconclusive or VerdictKind.Improved) => Margins!.Kind,
        (var score, _) => score,
    };

    /// <summary>
    /// The smallest loss of the score that these items see in four of five cases, a fraction or nats per token: Connor's formula at the discordance
    /// measured (at least 2 %) for
    /// right and wrong, else (z_α + z_β) standard errors. Null where even a loss of every discordant item stays unseen.
    /// </summary>
    public double? SmallestLoss() => Gate.Kind == GateKind.RightOrWrong
        ? PowerAnalysis.SmallestPaired(Math.Max(1, ItemCount), Math.Clamp((double)(LostCount + GainedCount) / Math.Max(1, ItemCount), 0.02, 1), Alpha)
        : StandardError is { } error ? (NormalDistribution.Critical(Alpha) + NormalDistribution.Quantile(PowerAnalysis.Usual)) * error : null;

    /// <summary>Whether any item's score differs.</summary>
    public bool ScoresDiffer => LostCount + GainedCount + BrokenCount > 0 || Changes.Any(change => !change.BeforeScore.Equals(change.Now.Score));

    /// <summary>This run of a recipe against another run of the same items, e.g. against full precision.</summary>
    /// <exception cref="ArgumentException">The two are not comparable; the message names the difference.</exception>
    public static Comparison Of(EvalResult before, EvalResult now)
    {
        var approved = Baseline.Of(before);
        Differences differences = Differences.Between(approved, now);
        return differences.Refusals.Count == 0 ? approved.Pair(now)
            : throw new ArgumentException($"{ResultKey.Of(before)} and {ResultKey.Of(now)} cannot be compared: {string.Join("; ", differences.Refusals)}.");
    }

    internal static Comparison Of(Baseline before, EvalResult now, Gate gate)
    {
        double[] scores = [.. now.Items.Select(item => OutcomeScore.Stored(gate.Kind, item.Score))];
        int[] finite = [.. Enumerable.Range(0, scores.Length).Where(i => double.IsFinite(scores[i]) && double.IsFinite(before.Scores[i]))];
        double[] weights = [.. finite.Select(i => now.Items[i].Weight)];
        bool binary = gate.Kind == GateKind.RightOrWrong;
        string[] clusters = [.. finite.Select(i => now.Items[i].Cluster)];
        bool clustered = clusters.Any(cluster => cluster.Length > 0);
        var ratio = new PairedRatio([.. finite.Select(i => scores[i] - before.Scores[i])], weights, clusters);
        PairedOutcomes table = binary ? Table(scores, before.Scores) : default;
        bool margins = binary && before.Margins is not null && now.Items.Any(item => item.Margin is not null);
        double alpha = margins ? Gate.Alpha / 2 : Gate.Alpha;
        ulong seed = Seed(before.BitsHash, now.BitsHash);
        var comparison = new Comparison
        {
            Gate = gate,
            ItemCount = scores.Length,
            ClusterCount = ratio.ClusterCount,
            Before = finite.Sum(i => before.Scores[i]) / weights.Sum(),
            Now = finite.Sum(i => scores[i]) / weights.Sum(),
            Change = ratio.Change,
            StandardError = ratio.StandardError,
            Alpha = alpha,
            Limits = binary ? Binary(table, clustered ? ratio : null, NormalDistribution.Critical(alpha)) : ratio.Limits(alpha, seed),
            ScoreLossP = Math.Max(binary ? table.LossP() : 0, binary && !clustered ? 0 : RatioLossP(ratio, seed)),
            ScoreGainP = Math.Max(binary ? table.GainP() : 0, binary && !clustered ? 0 : RatioLossP(ratio.Negated(), seed)),
            Margins = margins ? MarginComparison.Of(before.Margins, now, alpha) : null,
            Changes = [.. before.Changes(now, scores)],
            LostCount = finite.Count(i => scores[i] < before.Scores[i]),
            GainedCount = finite.Count(i => scores[i] > before.Scores[i]),
            BrokenCount = Enumerable.Range(0, scores.Length)
                .Count(i => IsBroken(now.Items[i].Code, scores[i]) && !IsBroken(before.CodeOf(i), before.Scores[i])),
            McNemarP = binary ? table.McNemarExact() : null,
        };
        return comparison with { NeededItemCount = comparison.Needed(ratio) };
    }

    // Where items share a document the wider of Tango's and the clustered one: dependence can only take information away.
    private static Interval Binary(PairedOutcomes table, PairedRatio? clustered, double z) =>
        clustered is null || clustered.ClusterChanges.All(change => change == 0) ? table.Tango(z) : table.Tango(z).Union(clustered.Guarded(z));

    // The larger of both: either alone can be too sure, of few clusters or of skewed ones.
    private static double RatioLossP(PairedRatio ratio, ulong seed) => Math.Max(ratio.GuardedLossP(), SignFlip.LossP(ratio.ClusterChanges, seed));

    private static bool IsBroken(char code, double score) => code == OutcomeScore.Broken || !double.IsFinite(score);

    private double? Needed(PairedRatio ratio)
    {
        if (ClusterCount == 0 || ratio.NeededClusterCount(Alpha, Gate.Margin) is not { } clusters)
            return null;
        return Math.Max(ItemCount + 1, Math.Ceiling(clusters * ItemCount / ClusterCount));
    }

    // First is this run, so that a gain is positive.
    private static PairedOutcomes Table(double[] now, IReadOnlyList<double> before)
    {
        int both = 0, onlyNow = 0, onlyBefore = 0, neither = 0;
        for (int i = 0; i < now.Length; i++)
            _ = (now[i], before[i]) switch { (1, 1) => both++, (1, _) => onlyNow++, (_, 1) => onlyBefore++, _ => neither++ };
        return new PairedOutcomes(both, onlyNow, onlyBefore, neither);
    }

    // From the content of both runs and the same whichever comes first, so that a comparison the other way round mirrors its limits.
    private static ulong Seed(string one, string other)
    {
        (string low, string high) = string.CompareOrdinal(one, other) <= 0 ? (one, other) : (other, one);
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{low}\n{high}")));
    }
}
