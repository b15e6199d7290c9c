namespace QuantSuite.Evaluation.Baselines;

/// <summary>What a comparison with an approved run comes to; the ones that need a person first.</summary>
public enum VerdictKind
{
    /// <summary>Worse than the approved run beyond chance (U &lt; 0), perhaps beyond the margin (L ≤ −δ); or items that are not finite any more.</summary>
    Fail,

    /// <summary>Not comparable: other items, prompts, tokenizer, task version or settings, or an approved file that cannot be read.</summary>
    Refused,

    /// <summary>No approved baseline.</summary>
    Missing,

    /// <summary>The items do not decide.</summary>
    Inconclusive,

    /// <summary>No score differs, but bits do.</summary>
    Changed,

    /// <summary>Better than the approved run beyond chance (L &gt; 0).</summary>
    Improved,

    /// <summary>Scores differ; the loss is below the margin beyond chance (L &gt; −δ).</summary>
    Pass,

    /// <summary>Every bit as approved.</summary>
    Equal,
}

/// <summary>
/// The verdict of one row against its approved baseline. With L, U the one-sided limits of the paired change (new minus approved, higher is better) at
/// α = 0.01 each and δ the approved margin, in this order: equal bits pass at once; no score differs: changed; improved (L > 0); pass (L > −δ);
/// fail (U &lt; 0, and for right and wrong McNemar's exact p ≤ α); inconclusive. A choice task's log-likelihood margins are judged beside the scores, each
/// then at α/2: <see cref="Comparison.Kind"/> joins the two.
/// </summary>
public sealed record Verdict
{
    private Verdict(ResultKey key, VerdictKind kind, IReadOnlyList<string> differences, Comparison? comparison, EvalResult now, Baseline? approved)
    {
        (Key, Kind, Differences, Comparison) = (key, kind, differences, comparison);
        BitsDiffer = approved?.BitsHash != now.BitsHash;
        var words = new VerdictWords(this, now, approved);
        (Sentence, Summary, Words) = (words.Sentence(), words.Summary(), words.All());
    }

    /// <summary>The row.</summary>
    public ResultKey Key { get; }

    /// <summary>The verdict.</summary>
    public VerdictKind Kind { get; }

    /// <summary>What else is not as approved: the reasons of a refusal; otherwise weights, recipe internals or calibration, compared all the same.</summary>
    public IReadOnlyList<string> Differences { get; }

    /// <summary>The paired comparison; null where none was made (refused, missing).</summary>
    public Comparison? Comparison { get; }

    /// <summary>Whether any bit of any log-likelihood or text is other than approved.</summary>
    public bool BitsDiffer { get; }

    /// <summary>What was found, without the row's name.</summary>
    public string Sentence { get; }

    /// <summary>One line: verdict, row, sentence.</summary>
    public string Summary { get; }

    /// <summary>What changed, by how much, how sure that is, and which items. <see cref="SuiteCommands.Below"/> says what to do about it.</summary>
    public string Words { get; internal init; }

    /// <summary>
    /// Whether the row fails: fail, refused and missing always; under <paramref name="strict"/> whatever is not equal: strict asks for the approved bits.
    /// </summary>
    public bool Fails(bool strict = false) => strict ? Kind != VerdictKind.Equal : Kind is VerdictKind.Fail or VerdictKind.Refused or VerdictKind.Missing;

    /// <summary>The verdict of a row without an approved baseline.</summary>
    public static Verdict Missing(EvalResult now) => new(ResultKey.Of(now), VerdictKind.Missing, [], null, now, null);

    /// <summary>The verdict of a row whose approved baseline cannot be used.</summary>
    public static Verdict Refused(EvalResult now, string reason) => new(ResultKey.Of(now), VerdictKind.Refused, [reason], null, now, null);

    internal static Verdict Judge(Baseline approved, EvalResult now)
    {
        ResultKey key = ResultKey.Of(now);
        var differences = Baselines.Differences.Between(approved, now);
        if (differences.Refusals.Count > 0)
            return new Verdict(key, VerdictKind.Refused, differences.Refusals, null, now, approved);
        Comparison comparison = approved.Pair(now);
        return new Verdict(key, Decide(comparison, approved.BitsHash == now.BitsHash), differences.Notes, comparison, now, approved);
    }

    private static VerdictKind Decide(Comparison comparison, bool sameBits) =>
        sameBits && !comparison.ScoresDiffer ? VerdictKind.Equal : comparison.Kind;
}
