using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// Two runs of the same items, paired: the change of the mean score (new minus before, higher is better) with one-sided limits at
/// α = <see cref="Gate.Alpha"/> each, and the items that changed. Right and wrong: Tango's score interval, items taken as independent. Real
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

    /// <summary>McNemar's exact two-sided p, for right and wrong only.</summary>
    public double? McNemarP { get; init; }

    /// <summary>
    /// About how many items like these would decide (<see cref="PairedRatio.NeededClusterCount"/>, times items per cluster); null where none would.
    /// </summary>
    public double? NeededItemCount { get; init; }

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
        string[] clusters = [.. finite.Select(i => binary ? "" : now.Items[i].Cluster)];
        var ratio = new PairedRatio([.. finite.Select(i => scores[i] - before.Scores[i])], weights, clusters);
        PairedOutcomes table = binary ? Table(scores, before.Scores) : default;
        var comparison = new Comparison
        {
            Gate = gate,
            ItemCount = scores.Length,
            ClusterCount = ratio.ClusterCount,
            Before = finite.Sum(i => before.Scores[i]) / weights.Sum(),
            Now = finite.Sum(i => scores[i]) / weights.Sum(),
            Change = ratio.Change,
            StandardError = ratio.StandardError,
            Limits = binary ? table.Tango(NormalDistribution.Critical(Gate.Alpha)) : ratio.Limits(Gate.Alpha, Seed(before.BitsHash, now.BitsHash)),
            Changes = [.. before.Changes(now, scores)],
            LostCount = finite.Count(i => scores[i] < before.Scores[i]),
            GainedCount = finite.Count(i => scores[i] > before.Scores[i]),
            BrokenCount = Enumerable.Range(0, scores.Length)
                .Count(i => IsBroken(now.Items[i].Code, scores[i]) && !IsBroken(before.CodeOf(i), before.Scores[i])),
            McNemarP = binary ? table.McNemarExact() : null,
        };
        return comparison with { NeededItemCount = comparison.Needed(ratio) };
    }

    private static bool IsBroken(char code, double score) => code == OutcomeScore.Broken || !double.IsFinite(score);

    private double? Needed(PairedRatio ratio)
    {
        if (ClusterCount == 0 || ratio.NeededClusterCount(Gate.Alpha, Gate.Margin) is not { } clusters)
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
