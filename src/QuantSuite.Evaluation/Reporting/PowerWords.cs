using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// What a row's items could have seen, in words: a gate that cannot see a loss says nothing by passing. The measured discordance is that against the
/// approved run, or where nothing changed there, against fp32.
/// </summary>
internal static class PowerWords
{
    /// <summary>One sentence for each test of the row; none where nothing was compared.</summary>
    public static IEnumerable<string> Of(ReportRow row)
    {
        if (Measured(row) is not { } comparison)
            yield break;
        GateKind kind = row.Result.Gate.Kind;
        string items = $"{Figures.Count(comparison.ItemCount)} items";
        yield return PowerLine.SmallestSeen(comparison) is { } loss && double.IsFinite(loss)
            ? $"In four of five cases {items} see a loss of {Figures.Spread(loss, kind)} {Figures.DeltaUnit(kind)}{Flips(comparison, loss)}."
            : $"{items} cannot see any loss in four of five cases.";
        if (comparison.Margins is { } margins && margins.SmallestLoss(comparison.Alpha) is var nats && double.IsFinite(nats) && nats > 0)
            yield return $"By log-likelihood margins they see {Figures.Significant(nats, 2)} nats, which is "
                + $"{Figures.Spread(MarginComparison.AsShare(nats), GateKind.RightOrWrong)} points over all handicaps.";
    }

    /// <summary>The comparison that tells of a row's discordance.</summary>
    public static Comparison? Measured(ReportRow row) =>
        row.Verdict.Comparison is { Changes.Count: > 0 } approved ? approved : row.FullComparison ?? row.Verdict.Comparison;

    private static string Flips(Comparison comparison, double loss)
    {
        if (comparison.Gate.Kind != GateKind.RightOrWrong)
            return "";
        double share = (double)(comparison.LostCount + comparison.GainedCount) / Math.Max(1, comparison.ItemCount);
        return loss > Math.Max(share, 0.02) ? ", all flips being losses" : share < 0.02 ? " at 2 % flips" : $" at the {Figures.Fixed(100 * share, 1)} % flips measured";
    }
}
