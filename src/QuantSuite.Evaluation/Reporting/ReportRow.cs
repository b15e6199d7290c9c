namespace QuantSuite.Evaluation.Reporting;

/// <summary>One model × task × recipe on the page: its result, its verdict and what changed.</summary>
public sealed record ReportRow
{
    /// <summary>The result as it was measured.</summary>
    public required EvalResult Result { get; init; }

    /// <summary>How the result stands to its approved baseline.</summary>
    public required RowVerdict Verdict { get; init; }

    /// <summary>The verdict in words: what changed, by how much, how sure that is.</summary>
    public required string Words { get; init; }

    /// <summary>The change against the approved baseline; null where there is none.</summary>
    public Change? AgainstBaseline { get; init; }

    /// <summary>The change against the full-precision run of the same model on the same items; null where there is none, and for that run itself.</summary>
    public Change? AgainstFull { get; init; }

    /// <summary>Pairs each result with its baseline and its full-precision twin.</summary>
    internal static IReadOnlyList<ReportRow> Judge(IReadOnlyCollection<EvalResult> results, string baselinesFolder) =>
        [.. results.OrderBy(r => r.Model, StringComparer.Ordinal).Select(r => new ReportRow { Result = r, Verdict = RowVerdict.Missing, Words = "No approved baseline." })];
}

/// <summary>A paired change of the mean score, this run minus the other, in the unit of the task.</summary>
/// <param name="StandardError">Of the paired change.</param>
/// <param name="Low">One-sided lower limit; null where only a standard error is known.</param>
/// <param name="High">One-sided upper limit.</param>
public sealed record Change(double Delta, double StandardError, double? Low = null, double? High = null);

/// <summary>The verdict badges of the page, the ones that need a person first.</summary>
public enum RowVerdict
{
    /// <summary>Worse than the approved run, beyond the margin and beyond chance.</summary>
    Fail,

    /// <summary>Not comparable: other items, prompts, tokenizer or task version.</summary>
    Refused,

    /// <summary>No approved baseline.</summary>
    Missing,

    /// <summary>The items do not decide.</summary>
    Inconclusive,

    /// <summary>Same outcomes from other bits.</summary>
    Changed,

    /// <summary>Better than the approved run, beyond chance.</summary>
    Improved,

    /// <summary>No worse than the margin allows.</summary>
    Pass,

    /// <summary>Every bit as approved.</summary>
    Equal,
}
