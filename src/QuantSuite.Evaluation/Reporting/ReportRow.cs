using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>One model × task × recipe on the page: its result, its verdict, and what full precision makes of the same items.</summary>
/// <param name="Result">The result as it was measured.</param>
/// <param name="Verdict">How it stands to its approved baseline.</param>
/// <param name="Full">The full-precision run of the same model and items; null where there is none, and for that run itself.</param>
/// <param name="FullComparison">This row against <paramref name="Full"/>.</param>
public sealed record ReportRow(EvalResult Result, Verdict Verdict, EvalResult? Full, Comparison? FullComparison)
{
    /// <summary>The same row in the run that this one is shown beside; null where there is none.</summary>
    public EvalResult? Other { get; init; }

    /// <summary>This row against <see cref="Other"/>; null where the two cannot be compared.</summary>
    public Comparison? OtherComparison { get; init; }

    /// <summary>The row in earlier runs, oldest first, this one last; empty without a history.</summary>
    public IReadOnlyList<HistoryPoint> History { get; init; } = [];

    /// <summary>The recipe against whose results of the same model and items the others are shown.</summary>
    public const string FullRecipe = "fp32";

    /// <summary>The change against the approved baseline; null where none was compared.</summary>
    public Change? AgainstBaseline => Change.Of(Verdict.Comparison);

    /// <summary>The change against full precision; null where none was compared.</summary>
    public Change? AgainstFull => Change.Of(FullComparison);

    /// <summary>The verdict in words, and what else is not as approved.</summary>
    public string Words =>
        string.Join('\n', [Capitalized(Verdict.Sentence), .. ChangedItems(), .. Verdict.Differences.Select(d => $"Other than approved: {d}.")]);

    /// <summary>The row's address in the page, after the #; without white space.</summary>
    public string Id => string.Concat($"{Result.Model}/{Result.Task}/{Result.Recipe}".Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? '_' : c));

    /// <summary>A link to the row from elsewhere on the page.</summary>
    public string Link => "#" + Uri.EscapeDataString(Id);

    /// <summary>Whether a person should look at the row.</summary>
    public bool NeedsAttention => Verdict.Kind <= VerdictKind.Changed;

    /// <summary>A result with its verdict and its full-precision twin, if there is one that it can be compared with.</summary>
    public static ReportRow Of(EvalResult result, Verdict verdict, EvalResult? full)
    {
        Comparison? comparison = full is null || ReferenceEquals(result, full) ? null : Compared(full, result);
        return new ReportRow(result, verdict, comparison is null ? null : full, comparison);
    }

    /// <summary>The row beside the same row of another run.</summary>
    public ReportRow Beside(EvalResult? other) => this with { Other = other, OtherComparison = other is null ? null : Compared(other, Result) };

    // Other items or settings: then there is no change to show, and no reason to show no page.
    private static Comparison? Compared(EvalResult full, EvalResult result)
    {
        try
        {
            return Comparison.Of(full, result);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Capitalized(string sentence) => sentence.Length == 0 ? sentence : char.ToUpperInvariant(sentence[0]) + sentence[1..];

    private IEnumerable<string> ChangedItems()
    {
        if (Verdict.Comparison is not { Changes.Count: > 0 } c)
            yield break;
        string p = c.McNemarP is { } value ? $" (McNemar's exact p {Figures.Probability(value)})" : "";
        yield return $"{Figures.Count(c.Changes.Count)} of {Figures.Count(c.ItemCount)} items differ: "
            + $"{Figures.Count(c.LostCount)} lost, {Figures.Count(c.GainedCount)} gained{p}.";
    }
}

/// <summary>A paired change of the mean score, this run minus the other, in the unit of the task's gate (a fraction of items, or nats per token).</summary>
/// <param name="StandardError">Of the paired change; NaN where it is not known.</param>
/// <param name="Low">One-sided lower limit; null where only a standard error is known.</param>
/// <param name="High">One-sided upper limit.</param>
public sealed record Change(double Delta, double StandardError, double? Low = null, double? High = null)
{
    /// <summary>Whether the change is beyond two standard errors.</summary>
    public bool IsBeyondNoise => Math.Abs(Delta) > 2 * StandardError;

    /// <summary>What a page shows of a comparison. Where no score differs there is nothing to be unsure of: no limits.</summary>
    public static Change? Of(Comparison? comparison) => comparison switch
    {
        null => null,
        { ScoresDiffer: false } => new Change(0, 0),
        _ => new Change(comparison.Change, comparison.StandardError ?? double.NaN, comparison.Limits.Low, comparison.Limits.High),
    };
}
