using System.Globalization;
using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// One model's task by a field of its items (lines, documents, depth, level): the score at full precision, and each recipe's paired change in each range. So a loss that only
/// long contexts show, or only facts in the middle of them, is seen where the mean hides it.
/// </summary>
/// <param name="Slices">The ranges, field by field.</param>
/// <param name="Lines">One a recipe, by falling bits.</param>
public sealed partial record SliceTable(string Model, string Task, IReadOnlyList<Slice> Slices, IReadOnlyList<SliceLine> Lines)
{
    /// <summary>One table for each model × task whose metrics are split by a field and whose rows have full precision to compare with.</summary>
    public static IReadOnlyList<SliceTable> Of(Report report) =>
    [
        .. from rows in report.Rows.GroupBy(row => (row.Result.Model, row.Result.Task))
           let compared = rows.Where(row => row.Full is not null).ToList()
           where compared.Count > 0
           let slices = SlicesOf(compared[0].Full!)
           where slices.Count > 0
           select new SliceTable(rows.Key.Model, rows.Key.Task, slices, [.. RecipeOrder.Groups(compared).Select(recipe => SliceLine.Of(recipe.First(), slices))]),
    ];

    private static List<Slice> SlicesOf(EvalResult full) =>
        [.. full.Metrics.Select(metric => (Metric: metric, Match: Name().Match(metric.Name))).Where(entry => entry.Match.Success)
            .Select(entry => Slice.Of(entry.Match.Groups["field"].Value, entry.Match.Groups["range"].Value, entry.Metric))];

    [GeneratedRegex(@"\[(?<field>\w+)=(?<range>[^\]]+)\]$")]
    private static partial Regex Name();
}

/// <summary>A range of a field.</summary>
/// <param name="Range">As the metric's name has it: <c>0.36..0.65</c>.</param>
/// <param name="Full">Full precision's metric there.</param>
public sealed record Slice(string Field, string Range, double Low, double High, Metric Full)
{
    internal static Slice Of(string field, string range, Metric metric)
    {
        string[] ends = range.Split("..");
        double low = double.Parse(ends[0], CultureInfo.InvariantCulture), high = double.Parse(ends[^1], CultureInfo.InvariantCulture);
        return new Slice(field, range, low, high, metric);
    }

    internal bool Holds(ItemOutcome item) => item.Values.TryGetValue(Field, out double value) && value >= Low && value <= High;
}

/// <summary>One recipe.</summary>
/// <param name="Changes">In the order of the slices; null where a slice has no item.</param>
public sealed record SliceLine(ReportRow Row, IReadOnlyList<Change?> Changes)
{
    internal static SliceLine Of(ReportRow row, IReadOnlyList<Slice> slices) => new(row, [.. slices.Select(slice => Paired(row, slice))]);

    private static Change? Paired(ReportRow row, Slice slice)
    {
        double[] changes = [.. row.Result.Items.Zip(row.Full!.Items).Where(pair => slice.Holds(pair.First)).Select(pair => pair.First.Score - pair.Second.Score)];
        if (changes.Length == 0)
            return null;
        double mean = changes.Average(), spread = changes.Sum(change => (change - mean) * (change - mean));
        return new Change(mean, changes.Length > 1 ? Math.Sqrt(spread / (changes.Length - 1) / changes.Length) : double.NaN);
    }
}
