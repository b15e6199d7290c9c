using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// The verdicts of many rows as one family. Among a thousand rows whose bits changed harmlessly, ten fail at α = 1 % each by chance; so every row's p for a
/// loss is adjusted (Holm by default), and a failing row whose adjusted p is above α is marked as one that the matrix explains. Rows keep their own
/// verdicts: a row is run, compared and accepted alone. Beside them, one verdict per model × recipe from all of its items (<see cref="PooledVerdict"/>),
/// which sees a loss
/// that is spread too thinly for any row.
/// </summary>
public sealed record MatrixVerdict
{
    /// <summary>How p-values were adjusted.</summary>
    public required Correction Correction { get; init; }

    /// <summary>The rows that were compared, with their adjusted p.</summary>
    public required IReadOnlyList<AdjustedRow> Rows { get; init; }

    /// <summary>One verdict per model × recipe, in the order of their first rows.</summary>
    public required IReadOnlyList<PooledVerdict> Pooled { get; init; }

    /// <summary>Judges a family of rows.</summary>
    /// <param name="rows">Each row with the result that its verdict is about.</param>
    public static MatrixVerdict Of(IReadOnlyList<(Verdict Verdict, EvalResult Result)> rows, Correction correction = Correction.Holm)
    {
        Verdict[] compared = [.. rows.Select(row => row.Verdict).Where(verdict => verdict.Comparison is not null)];
        double[] p = [.. compared.Select(PValue)];
        double[] adjusted = MultipleTesting.Adjust(p, correction);
        return new MatrixVerdict
        {
            Correction = correction,
            Rows = [.. compared.Select((verdict, i) => new AdjustedRow(verdict, p[i], adjusted[i]))],
            Pooled = [.. rows.Where(row => row.Verdict.Comparison is not null).GroupBy(row => (row.Verdict.Key.Model, row.Verdict.Key.Recipe))
                .Select(group => PooledVerdict.Of(group.Key.Model, group.Key.Recipe, [.. group]))],
        };
    }

    // An equal row is known not to have lost; items that are no numbers any more are no matter of chance.
    private static double PValue(Verdict verdict) => verdict.Kind == VerdictKind.Equal ? 1 : verdict.Comparison!.BrokenCount > 0 ? 0 : verdict.Comparison.LossP;
}

/// <summary>A row of a family.</summary>
/// <param name="P">Its own p for a loss.</param>
/// <param name="AdjustedP">For there being many.</param>
public sealed record AdjustedRow(Verdict Verdict, double P, double AdjustedP)
{
    /// <summary>Whether the row fails, also as one of many.</summary>
    public bool FailsInFamily => Verdict.Kind is VerdictKind.Refused or VerdictKind.Missing || Verdict.Kind == VerdictKind.Fail && AdjustedP <= Gate.Alpha;
}
