using System.Globalization;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>What accepting would change of a baseline, as far as a person has to answer for it.</summary>
internal static class BaselineChange
{
    /// <summary>
    /// What is worse than approved, in words; null where nothing is, or where the two cannot be compared (other items, other questions: the diff shows
    /// those). Any loss counts, also one
    /// within the margin: a gate that forgives a little each time is loosened for good without anyone having said so.
    /// </summary>
    public static string? Worse(Baseline approved, Baseline received)
    {
        if (approved.Identity.Items != received.Identity.Items || approved.Scores.Count != received.Scores.Count || approved.Gate.Kind != received.Gate.Kind)
            return null;
        string?[] worse =
        [
            FiniteCount(received) < FiniteCount(approved) ? Invariant($"{FiniteCount(approved) - FiniteCount(received)} items are no numbers any more") : null,
            Sum(approved, received) is var (before, now) && now < before ? Metric(approved, received, before, now) : null,
            received.Gate.Margin > approved.Gate.Margin ? Invariant($"margin {approved.Gate.Margin} → {received.Gate.Margin}") : null,
        ];
        string[] said = [.. worse.OfType<string>()];
        return said.Length == 0 ? null : string.Join("; ", said);
    }

    /// <summary>Whether an approved file lacks what a run of today would put there.</summary>
    public static bool IsOutdated(Baseline approved, EvalResult now) =>
        approved.Approval is null || approved.NumberContract != now.NumberContract
        || approved.Margins is null && now.Gate.Kind == GateKind.RightOrWrong && now.Items.Any(item => item.Margin is not null);

    private static int FiniteCount(Baseline baseline) =>
        baseline.Scores.Select((score, i) => double.IsFinite(score) && baseline.CodeOf(i) != OutcomeScore.Broken).Count(finite => finite);

    private static (double Before, double Now) Sum(Baseline approved, Baseline received)
    {
        int[] both = [.. Enumerable.Range(0, approved.Scores.Count).Where(i => double.IsFinite(approved.Scores[i]) && double.IsFinite(received.Scores[i]))];
        return (both.Sum(i => approved.Scores[i]), both.Sum(i => received.Scores[i]));
    }

    private static string Metric(Baseline approved, Baseline received, double before, double now) =>
        approved.Metrics.Count > 0 && received.Metrics.Count > 0
            ? Invariant($"{approved.Metrics[0].Name} {approved.Metrics[0].Value:G6} → {received.Metrics[0].Value:G6}") : Invariant($"sum of scores {before:G6} → {now:G6}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
