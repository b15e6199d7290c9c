using System.Globalization;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>A verdict in words, for a test's message and a terminal.</summary>
internal sealed class VerdictWords(Verdict verdict, EvalResult now, Baseline? approved)
{
    private const int ShownItems = 10;
    private const int ShownCharacters = 60;

    private Comparison? Comparison => verdict.Comparison;

    /// <summary>One line.</summary>
    public string Summary() => $"{Head}: {Sentence()}";

    /// <summary>All of it, lines separated by LF, without one at the end.</summary>
    public string All()
    {
        string[] sentences = [.. Sentences()];
        return sentences.Length == 1 ? Lines(Summary(), Details()) : Lines(Head, sentences.Select(sentence => "  " + sentence).Concat(Details()));
    }

    private string Head => $"{verdict.Kind.ToString().ToLowerInvariant()}: {verdict.Key}";

    private static string Lines(string first, IEnumerable<string> others) => string.Join('\n', others.Prepend(first));

    private IEnumerable<string> Details()
    {
        if (verdict.Kind is not (VerdictKind.Refused or VerdictKind.Missing or VerdictKind.Equal))
            foreach (string line in Metrics().Concat(Items()))
                yield return line;
        foreach (string difference in verdict.Differences)
            yield return $"  other than approved: {difference}";
    }

    /// <summary>What was found.</summary>
    public string Sentence() => string.Join(' ', Sentences());

    private IEnumerable<string> Sentences()
    {
        if (verdict.Kind is VerdictKind.Improved or VerdictKind.Pass or VerdictKind.Inconclusive || verdict.Kind == VerdictKind.Fail && Comparison!.BrokenCount == 0)
            yield return Change();
        if (Comparison?.Margins is { Kind: not VerdictKind.Changed } margins && verdict.Kind != VerdictKind.Equal && Comparison.BrokenCount == 0)
            yield return Margins(margins);
        yield return Conclusion();
    }

    // Which of the two decided, where both judged.
    private bool ByMargins => Comparison!.Margins is { } margins && margins.Kind == verdict.Kind && Comparison.ScoreKind != verdict.Kind;

    private string Margins(MarginComparison margins) =>
        Invariant($"Log-likelihood margins {(margins.Change < 0 ? "-" : "+")}{Math.Abs(margins.Change):F4} nats ({Sure} above {margins.Limits.Low:+0.0000;-0.0000}, ")
        + Invariant($"below {margins.Limits.High:+0.0000;-0.0000}; margin {margins.Margin:F4}).");

    private string Conclusion() => verdict.Kind switch
    {
        VerdictKind.Equal => "every bit as approved.",
        VerdictKind.Missing => "no approved baseline. If its numbers are right, accept them.",
        VerdictKind.Refused => "not comparable with the approved baseline.",
        VerdictKind.Changed => "the same scores from other bits.",
        VerdictKind.Improved => "A gain beyond chance: accept it, and it is what the next run is held to.",
        VerdictKind.Pass => Invariant($"{Comparison!.Changes.Count} of {Comparison.ItemCount} items changed; any loss is below the margin."),
        VerdictKind.Fail when Comparison!.BrokenCount > 0 => $"{Comparison.BrokenCount} of {Comparison.ItemCount} items have no numbers for log-likelihoods any more.",
        VerdictKind.Fail when ByMargins => "Right answers lost likelihood beyond chance; the count of right answers alone does not show it.",
        VerdictKind.Fail when Comparison!.Limits.High < -Comparison.Gate.Margin => "A loss beyond chance and beyond the margin.",
        VerdictKind.Fail => "A loss beyond chance that may exceed the margin.",
        _ => Undecided(),
    };

    private string Undecided() => Comparison! switch
    {
        { Margins: { Kind: VerdictKind.Inconclusive } margins } when ByMargins => margins.NeededItemCount is { } needed
            ? Invariant($"The log-likelihood margins of {margins.ItemCount} items cannot tell; about {needed:#,0} like these would.") : "No number of items like these would tell.",
        { ItemCount: 0 } => "Without items nothing is known.",
        { NeededItemCount: { } needed, ItemCount: int count } => Invariant($"{count} items cannot tell; about {needed:#,0} like these would."),
        _ => "No number of items like these would tell.",
    };

    private string Change()
    {
        Interval limits = Comparison!.Limits;
        return $"{Mean(Comparison.Before)} → {Mean(Comparison.Now)}, change {Signed(Comparison.Change)} {Unit} "
            + $"({Sure} above {Signed(limits.Low)}, {Sure} below {Signed(limits.High)}; margin {Amount(Comparison.Gate.Margin)}).";
    }

    private string Sure => Invariant($"{100 * (1 - Comparison!.Alpha):0.##} % sure");

    private IEnumerable<string> Metrics()
    {
        foreach (Metric metric in now.Metrics)
        {
            Metric? before = approved?.Metrics.FirstOrDefault(other => other.Name == metric.Name);
            yield return $"  {metric.Name} {Value(before?.Value)} → {Value(metric.Value)}{Error(metric)}{(metric.Unit.Length > 0 ? " " + metric.Unit : "")}";
        }
    }

    private IEnumerable<string> Items()
    {
        IReadOnlyList<ItemChange> changes = Comparison!.Changes;
        if (changes.Count == 0)
            yield break;
        string p = Comparison.McNemarP is { } value ? Invariant($"; McNemar's exact p = {value:G3}") : "";
        yield return Invariant($"  {changes.Count} of {Comparison.ItemCount} items differ: {Comparison.LostCount} lost, {Comparison.GainedCount} gained{p}");
        foreach (ItemChange change in changes.OrderBy(Severity).Take(ShownItems))
            yield return $"    {change.Now.Id}: {Outcome(change)}";
        if (changes.Count > ShownItems)
            yield return Invariant($"    and {changes.Count - ShownItems} more");
    }

    // Broken and lost items first, the largest loss first; items of equal severity stay in the task's order.
    private static double Severity(ItemChange change) => double.IsNaN(change.Difference) ? double.NegativeInfinity : change.Difference;

    private string Outcome(ItemChange change)
    {
        if (Kind != GateKind.RightOrWrong)
            return $"score {OutcomeScore.Text(change.BeforeScore)} → {OutcomeScore.Text(change.Now.Score)}";
        string flip = change.Difference < 0 ? "lost" : change.Difference > 0 ? "gained" : "other answer";
        return $"{flip}: expected {Clip(change.Now.Expected)}, before {Clip(change.Before)}, now {Clip(change.Now.Answer)}";
    }

    private GateKind Kind => Comparison!.Gate.Kind;

    private string Unit => Kind switch { GateKind.RightOrWrong => "points", GateKind.LogLikelihood => "nats/token", _ => "of the mean score" };

    private string Mean(double value) => Kind == GateKind.RightOrWrong ? Invariant($"{100 * value:F2} %") : Invariant($"{value:F5}");

    private string Amount(double value) => Kind == GateKind.RightOrWrong ? Invariant($"{100 * value:F2}") : Invariant($"{value:F5}");

    private string Signed(double value) => (value < 0 ? "-" : "+") + Amount(Math.Abs(value));

    private static string Value(double? value) => value is { } known ? Invariant($"{known:G6}") : "(none)";

    private static string Error(Metric metric) => metric.StandardError is { } error ? Invariant($" ± {error:G2}") : "";

    private static string Clip(string text)
    {
        string line = text.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\r", "\\r").Replace("\t", "\\t");
        return "“" + (line.Length <= ShownCharacters ? line : string.Concat(line.AsSpan(0, ShownCharacters), "…")) + "”";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
