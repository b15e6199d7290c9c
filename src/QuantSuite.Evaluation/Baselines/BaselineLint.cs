using System.Globalization;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>What is wrong, or strange enough to look at, about approved results.</summary>
public enum LintKind
{
    /// <summary>An approved file whose row is gone.</summary>
    Orphan,

    /// <summary>A row without an approved file.</summary>
    MissingRow,

    /// <summary>A file that cannot be read.</summary>
    Damaged,

    /// <summary>A loosening whose day has come.</summary>
    ExpiredReason,

    /// <summary>A quantized run that is better than full precision beyond noise: another prompt, another build, or a lucky leak of calibration text.</summary>
    BetterThanFull,

    /// <summary>Three bits or fewer better than eight or more beyond noise.</summary>
    FewerBitsBetter,

    /// <summary>No item right, or the same answer everywhere: nothing can get worse than that, so the gate gates nothing.</summary>
    ZeroOrConstant,

    /// <summary>So few items that losing ten points would not fail the row.</summary>
    NoPower,
}

/// <summary>One finding.</summary>
/// <param name="Words">What, and what to do.</param>
public sealed record LintFinding(LintKind Kind, ResultKey Key, string Words)
{
    /// <summary>Whether it is a fault of the files, not a matter of judgement.</summary>
    public bool IsFault => Kind is LintKind.Orphan or LintKind.MissingRow or LintKind.Damaged or LintKind.ExpiredReason;
}

/// <summary>
/// Looks at all approved results at once, as a careful reviewer would: the reference tables of other suites hold quantized rows that beat full precision
/// by nine points, and zeros, because nobody does.
/// Comparisons among rows are paired and adjusted by Holm over all of them, at the gate's level.
/// </summary>
/// <param name="rows">The rows of the matrix.</param>
/// <param name="bits">Bits of a recipe's weights.</param>
/// <param name="today">The day, for expiry dates.</param>
public sealed class BaselineLint(BaselineStore store, IReadOnlyCollection<ResultKey> rows, Func<string, double> bits, DateOnly today)
{
    private const string Full = "fp32";
    private const double FewBits = 3.5, ManyBits = 7.5, TenPoints = 0.1;

    private readonly List<LintFinding> _findings = [];
    private readonly Dictionary<ResultKey, Baseline> _read = [];

    /// <summary>The findings, faults first, each kind in the order of the files.</summary>
    public IReadOnlyList<LintFinding> Find()
    {
        foreach (ResultKey key in store.Verified())
            Read(key);
        foreach (ResultKey key in store.Orphans(rows))
            Add(LintKind.Orphan, key, "no row of the matrix is called so: delete the file, or name the model, task or recipe again.");
        foreach (ResultKey key in rows.Except(store.Verified()))
            Add(LintKind.MissingRow, key, "the row has no approved result: run it and accept.");
        foreach ((ResultKey key, Baseline baseline) in _read)
            Look(key, baseline);
        Compare(LintKind.BetterThanFull, AgainstFull(), "full precision");
        Compare(LintKind.FewerBitsBetter, AgainstMoreBits(), "eight bits");
        return [.. _findings.OrderBy(finding => finding.Kind)];
    }

    private void Add(LintKind kind, ResultKey key, string words) => _findings.Add(new LintFinding(kind, key, words));

    private void Read(ResultKey key)
    {
        try
        {
            if (store.Read(key) is { } baseline)
                _read[key] = baseline;
        }
        catch (InvalidDataException e)
        {
            Add(LintKind.Damaged, key, e.Message);
        }
    }

    private void Look(ResultKey key, Baseline baseline)
    {
        int n = baseline.Scores.Count;
        if (baseline.Approval?.Loosening is { } loosening && loosening.IsExpired(today))
            Add(LintKind.ExpiredReason, key, $"accepted as worse ({loosening.What}; “{baseline.Approval.Reason}”) until {loosening.Expires}: make it good, or accept again with a reason.");
        if (baseline.Gate.Kind == GateKind.LogLikelihood || n == 0)
            return;
        if (baseline.Scores.All(score => score == 0))
            Add(LintKind.ZeroOrConstant, key, "no item is right: the row cannot get worse. Take the recipe or the task out, or mend it.");
        else if (baseline.Codes.Length > 1 && baseline.Codes.Select(char.ToUpperInvariant).Distinct().Count() == 1 && char.IsAsciiLetter(baseline.Codes[0]))
            Add(LintKind.ZeroOrConstant, key, $"every answer is {char.ToUpperInvariant(baseline.Codes[0])}: the model does not read the questions, or the task does not mix its choices.");
        if (baseline.Gate.Kind == GateKind.RightOrWrong && Fewest() > TenPoints * n)
            Add(LintKind.NoPower, key, Invariant($"{n} items: a loss of ten points does not fail the row ({Fewest()} lost items are the fewest that do)."));
    }

    private static int Fewest() => PowerAnalysis.FewestLost((int)Math.Ceiling(-Math.Log2(Gate.Alpha)), Gate.Alpha);

    private IEnumerable<(ResultKey Key, Baseline Now, Baseline Other)> AgainstFull() =>
        from entry in _read
        where entry.Key.Recipe != Full
        let other = _read.GetValueOrDefault(entry.Key with { Recipe = Full })
        where other is not null
        select (entry.Key, entry.Value, other);

    // The best of the recipes with many bits: beating one of them by luck is no finding.
    private IEnumerable<(ResultKey Key, Baseline Now, Baseline Other)> AgainstMoreBits() =>
        from entry in _read
        where entry.Key.Recipe != Full && bits(entry.Key.Recipe) <= FewBits
        let other = _read.Where(o => o.Key.Model == entry.Key.Model && o.Key.Task == entry.Key.Task && o.Key.Recipe != Full && bits(o.Key.Recipe) >= ManyBits)
            .Select(o => o.Value).MaxBy(o => o.Scores.Sum())
        where other is not null
        select (entry.Key, entry.Value, other);

    private void Compare(LintKind kind, IEnumerable<(ResultKey Key, Baseline Now, Baseline Other)> pairs, string than)
    {
        (ResultKey Key, Baseline Now, Baseline Other)[] comparable =
            [.. pairs.Where(pair => pair.Now.Identity.Items == pair.Other.Identity.Items && pair.Now.Scores.Count == pair.Other.Scores.Count)];
        double[] adjusted = MultipleTesting.Adjust([.. comparable.Select(pair => GainP(pair.Now, pair.Other))]);
        for (int i = 0; i < comparable.Length; i++)
            if (adjusted[i] <= Gate.Alpha)
                Add(kind, comparable[i].Key, Invariant($"better than {than} ({comparable[i].Other.Recipe}) beyond noise: ") + Means(comparable[i].Now, comparable[i].Other)
                    + Invariant($", p = {adjusted[i]:G2} adjusted for {comparable.Length} rows."));
    }

    private static string Means(Baseline now, Baseline other) => Invariant($"{Mean(now):G4} against {Mean(other):G4}");

    private static double Mean(Baseline baseline) => baseline.Scores.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    private static double GainP(Baseline now, Baseline other)
    {
        double[] losses = [.. now.Scores.Zip(other.Scores, (a, b) => b - a).Where(double.IsFinite)];
        return now.Gate.Kind == GateKind.RightOrWrong
            ? new PairedOutcomes(0, losses.Count(d => d < 0), losses.Count(d => d > 0), 0).GainP() : SignFlip.LossP(losses, 1);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
