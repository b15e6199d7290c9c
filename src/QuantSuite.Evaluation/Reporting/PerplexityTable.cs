namespace QuantSuite.Evaluation.Reporting;

/// <summary>The tasks that measure the log-likelihood of text: one line a model × recipe, one column a task's metric and one for its change.</summary>
public sealed record PerplexityTable(IReadOnlyList<PerplexityColumn> Columns, IReadOnlyList<PerplexityLine> Lines)
{
    /// <summary>The table of a report; without columns where no task measures text.</summary>
    public static PerplexityTable Of(Report report)
    {
        ReportRow[] rows = [.. report.Rows.Where(r => r.Result.Gate.Kind == GateKind.LogLikelihood)];
        var columns = rows.Select(r => r.Result).GroupBy(r => r.Task).OrderBy(t => t.Key, NaturalOrder.Instance).SelectMany(ColumnsOf);
        var lines = rows.GroupBy(r => r.Result.Model)
            .SelectMany(model => RecipeOrder.Groups(model).Select((recipe, index) => new PerplexityLine([.. recipe], index == 0)));
        return new PerplexityTable([.. columns], [.. lines]);
    }

    private static IEnumerable<PerplexityColumn> ColumnsOf(IGrouping<string, EvalResult> task) =>
        task.SelectMany(r => r.Metrics).DistinctBy(m => m.Name)
            .Select(m => new PerplexityColumn(task.Key, m.Name, m.Name))
            .Append(new PerplexityColumn(task.Key, null, "Δ fp32, nats/token"));
}

/// <summary>A metric of a task, or the task's change against full precision.</summary>
/// <param name="Metric">The metric's name; null for the change.</param>
public sealed record PerplexityColumn(string Task, string? Metric, string Heading);

/// <summary>One model × recipe.</summary>
/// <param name="Rows">Its rows of the table's tasks; at least one.</param>
/// <param name="IsFirst">Whether it is the model's first line.</param>
public sealed record PerplexityLine(IReadOnlyList<ReportRow> Rows, bool IsFirst)
{
    /// <summary>The model's name.</summary>
    public string Model => Rows[0].Result.Model;

    /// <summary>The recipe's canonical text.</summary>
    public string Recipe => Rows[0].Result.Recipe;

    /// <summary>The row of a column's task; null where it did not run.</summary>
    public ReportRow? Row(PerplexityColumn column) => Rows.FirstOrDefault(r => r.Result.Task == column.Task);

    /// <summary>The metric of a column; null where it is absent.</summary>
    public Metric? Metric(PerplexityColumn column) => Row(column)?.Result.Metrics.FirstOrDefault(m => m.Name == column.Metric);
}
