using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// The paired change of a choice task's log-likelihood margins. An item's margin is m = ln p(right choice) − ln p(best wrong choice), so it is right
/// where m &gt; 0; counted is m
/// cut to ±c (<see cref="Gate.Handicap"/>). The mean of that over 2c is the accuracy averaged over all handicaps t in [−c, c], ∫ P(m &gt; t) dt/2c: the
/// same ability as the accuracy, in the
/// same unit, but an item tells of it before it flips. That is why it sees smaller losses. Uncut margins would not do: they fall with every nat that a
/// long wrong answer loses (HellaSwag at 4 bits: −1.25 nats where the accuracy does not move), which is no loss of the task's ability.
/// </summary>
public sealed record MarginComparison
{
    /// <summary>Items with a margin in both runs.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Mean change, nats; this run less the earlier one.</summary>
    public required double Change { get; init; }

    /// <summary>Cluster-robust standard error of it; null below two draws.</summary>
    public required double? StandardError { get; init; }

    /// <summary>One-sided limits, nats, at the level <see cref="Comparison.Alpha"/>, widened by the rounding of stored margins.</summary>
    public required Interval Limits { get; init; }

    /// <summary>The largest harmless loss, nats (<see cref="Gate.NatsMargin"/>).</summary>
    public required double Margin { get; init; }

    /// <summary>One-sided p for a loss.</summary>
    public required double LossP { get; init; }

    /// <summary>About how many items like these would decide; null where none would.</summary>
    public required double? NeededItemCount { get; init; }

    /// <summary>The change of each item's cut margin, nats, in the task's order; NaN where a run has none.</summary>
    public required IReadOnlyList<double> Changes { get; init; }

    /// <summary>The change of one item, or null where a run has none.</summary>
    public double? ChangeOf(int index) => double.IsNaN(Changes[index]) ? null : Changes[index];

    /// <summary>What the margins alone say.</summary>
    public required VerdictKind Kind { get; init; }

    /// <summary>The change as points of accuracy averaged over all handicaps, a fraction: nats over 2c.</summary>
    public static double AsShare(double nats) => nats / (2 * Gate.Handicap);

    /// <summary>The smallest loss that these items see in four of five cases, nats: (z_α + z_β) standard errors; NaN where that is unknown.</summary>
    public double SmallestLoss(double alpha) =>
        StandardError is { } error ? (NormalDistribution.Critical(alpha) + NormalDistribution.Quantile(PowerAnalysis.Usual)) * error : double.NaN;

    /// <summary>Compares stored margins with a run's; null where fewer than one item has both.</summary>
    /// <param name="before">Stored margins (<see cref="MarginText.Stored"/>), NaN where there is none.</param>
    internal static MarginComparison? Of(IReadOnlyList<double>? before, EvalResult now, double alpha)
    {
        if (before is null)
            return null;
        double[] margins = [.. now.Items.Select(item => item.Margin is { } margin ? MarginText.Stored(margin) : double.NaN)];
        int[] both = [.. Enumerable.Range(0, margins.Length).Where(i => double.IsFinite(margins[i]) && double.IsFinite(before[i]))];
        if (both.Length == 0)
            return null;
        double[] changes = [.. both.Select(i => Gate.Cut(margins[i]) - Gate.Cut(before[i]))];
        var ratio = new PairedRatio(changes, [.. both.Select(_ => 1.0)], [.. both.Select(i => now.Items[i].Cluster)]);
        double rounding = MarginText.Step * changes.Count(change => change != 0) / changes.Length;
        double z = NormalDistribution.Critical(alpha), margin = Gate.NatsMargin(both.Length);
        Interval limits = changes.All(change => change == 0) ? new Interval(0, 0) : ratio.Guarded(z);
        limits = new Interval(limits.Low - rounding, limits.High + rounding);
        return new MarginComparison
        {
            ItemCount = both.Length,
            Change = ratio.Change,
            Changes = [.. margins.Select((margin, i) => Gate.Cut(margin) - Gate.Cut(before[i]))],
            StandardError = ratio.StandardError,
            Limits = limits,
            Margin = margin,
            LossP = ratio.GuardedLossP(),
            NeededItemCount = ratio.NeededClusterCount(alpha, margin) is { } clusters ? Math.Max(both.Length + 1, Math.Ceiling(clusters * both.Length / ratio.ClusterCount)) : null,
            Kind = Judge(limits, margin, changes),
        };
    }

    private static VerdictKind Judge(Interval limits, double margin, double[] changes)
    {
        if (changes.All(change => change == 0))
            return VerdictKind.Changed;
        return limits.Low > 0 ? VerdictKind.Improved : limits.Low > -margin ? VerdictKind.Pass : limits.High < 0 ? VerdictKind.Fail : VerdictKind.Inconclusive;
    }
}
