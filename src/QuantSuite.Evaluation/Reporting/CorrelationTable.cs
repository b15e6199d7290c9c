using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// Whether perplexity tells of tasks: over a model's recipes, ln perplexity of a text beside the score of each task, as Jin et al. ask (2402.16775, §4: it mostly does, and where it does
/// not a recipe chosen by perplexity is chosen wrong). A series is all recipes, or those of one method. r and ρ near −1: who loses perplexity loses the task.
/// </summary>
/// <param name="Perplexity">The task that measures the text.</param>
/// <param name="Series">Their names: all, then methods of at least <see cref="FewestRecipes"/> recipes.</param>
public sealed record CorrelationTable(string Model, string Perplexity, IReadOnlyList<string> Series, IReadOnlyList<CorrelationLine> Lines)
{
    /// <summary>Below so many points a correlation says nothing.</summary>
    public const int FewestRecipes = 4;

    private const string All = "all recipes";

    /// <summary>One table for each model × text with enough recipes.</summary>
    public static IReadOnlyList<CorrelationTable> Of(Report report) =>
        [.. report.ByModel.SelectMany(model => model.Where(row => row.Result.Gate.Kind == GateKind.LogLikelihood).GroupBy(row => row.Result.Task)
            .Select(text => Of(model.Key, [.. text], [.. model]))).OfType<CorrelationTable>()];

    private static CorrelationTable? Of(string model, IReadOnlyList<ReportRow> text, IReadOnlyList<ReportRow> rows)
    {
        var nats = text.Select(row => row.Result).ToDictionary(result => result.Recipe, result => -result.Items.Sum(item => item.Score) / result.Items.Sum(item => item.Weight));
        string[] series = [All, .. nats.Keys.Select(MethodOf).GroupBy(method => method).Where(group => group.Count() >= FewestRecipes).Select(group => group.Key).Order(StringComparer.Ordinal)];
        var scores = rows.Where(row => row.Result.Gate.Kind != GateKind.LogLikelihood && nats.ContainsKey(row.Result.Recipe))
            .GroupBy(row => row.Result.Task).Select(task => (task.Key, Points: task.Select(row => (row.Result.Recipe, Score: row.Result.Items.Average(item => item.Score))).ToList())).ToList();
        int most = scores.Select(task => task.Points.Count).DefaultIfEmpty(0).Max();
        if (most < FewestRecipes)
            return null;
        scores = [.. scores.Where(task => task.Points.Count == most)];
        var mean = scores[0].Points.Select(point => (point.Recipe, scores.Average(task => task.Points.First(p => p.Recipe == point.Recipe).Score))).ToList();
        CorrelationLine Line(string name, List<(string Recipe, double Score)> points) =>
            new(name, [.. series.Select(s => CorrelationCell.Of([.. points.Where(p => s == All || MethodOf(p.Recipe) == s)], nats))]);
        return new CorrelationTable(model, text[0].Result.Task, series,
            [Line("mean of all tasks", mean), .. scores.OrderBy(task => task.Key, NaturalOrder.Instance).Select(task => Line(task.Key, task.Points))]);
    }

    // gptq of gptq-int4-g32; full precision is nobody's series.
    private static string MethodOf(string recipe) => recipe.Split('-')[0];
}

/// <summary>A task.</summary>
/// <param name="Cells">In the order of the series.</param>
public sealed record CorrelationLine(string Task, IReadOnlyList<CorrelationCell> Cells);

/// <summary>Pearson's r and Spearman's ρ over some recipes, with two-sided p; NaN where all scores are equal.</summary>
public sealed record CorrelationCell(int Count, double Pearson, double PearsonP, double Spearman, double SpearmanP)
{
    internal static CorrelationCell Of(IReadOnlyList<(string Recipe, double Score)> points, Dictionary<string, double> nats)
    {
        double[] x = [.. points.Select(point => nats[point.Recipe])], y = [.. points.Select(point => point.Score)];
        if (x.Length < CorrelationTable.FewestRecipes || x.Concat(y).Any(value => !double.IsFinite(value)))
            return new CorrelationCell(x.Length, double.NaN, double.NaN, double.NaN, double.NaN);
        double r = Correlation.Pearson(x, y), rho = Correlation.Spearman(x, y);
        return new CorrelationCell(x.Length, r, Correlation.PearsonP(r, x.Length), rho, Correlation.SpearmanP(rho, x.Length));
    }
}
