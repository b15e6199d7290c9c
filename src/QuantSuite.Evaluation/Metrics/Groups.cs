using System.Globalization;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Accuracy by the fields that items carry (level, lines, documents, depth): one metric a value where there are few, else three ranges of equal
/// width, each named by the smallest and largest value in it: <c>acc[level=2]</c>, <c>exact_match[depth=0.36..0.65]</c>.
/// </summary>
public static class Groups
{
    private const int MostValues = 6;

    /// <summary>The metrics of all fields that not every item shares.</summary>
    public static IEnumerable<Metric> Of(string name, IReadOnlyList<ItemOutcome> outcomes)
    {
        IEnumerable<string> fields = outcomes.SelectMany(outcome => outcome.Fields).Distinct().Order(StringComparer.Ordinal);
        return fields.SelectMany(field => By(name, field, [.. outcomes.Where(outcome => outcome.Fields.Contains(field))]));
    }

    /// <summary>The metric of each subject (or document) that several items share: <c>acc[anatomy]</c>.</summary>
    public static IEnumerable<Metric> OfClusters(string name, IReadOnlyList<ItemOutcome> outcomes) =>
        outcomes.GroupBy(outcome => outcome.Cluster).Select(group => Mean.Of($"{name}[{group.Key}]", [.. group], outcome => outcome.Score));

    private static IEnumerable<Metric> By(string name, string field, IReadOnlyList<ItemOutcome> outcomes)
    {
        double[] values = [.. outcomes.Select(outcome => outcome.Values[field]).Distinct().Order()];
        if (values.Length < 2)
            return [];
        double least = values[0], width = (values[^1] - least) / 3;
        Func<double, double> group = values.Length <= MostValues ? value => value : value => Math.Min(2, Math.Floor((value - least) / width));
        return outcomes.GroupBy(outcome => group(outcome.Values[field])).OrderBy(g => g.Key).Select(g => Metric(name, field, [.. g]));
    }

    private static Metric Metric(string name, string field, IReadOnlyList<ItemOutcome> group)
    {
        double least = group.Min(outcome => outcome.Values[field]), most = group.Max(outcome => outcome.Values[field]);
        string range = least == most ? Text(least) : $"{Text(least)}..{Text(most)}";
        return Mean.Of($"{name}[{field}={range}]", group, outcome => outcome.Score);
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
