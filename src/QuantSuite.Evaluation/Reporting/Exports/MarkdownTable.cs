using System.Text;

namespace QuantSuite.Evaluation.Reporting.Exports;

/// <summary>
/// Tasks × recipes of each model in Markdown, for a document or a model card: the first metric with its standard error, and the paired change against full precision with its own where
/// the same items were asked. A change beyond two standard errors is bold.
/// </summary>
public static class MarkdownTable
{
    /// <summary>The text of a report.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, ReportRow> model in report.ByModel)
        {
            (string Recipe, double Bits)[] recipes = [.. RecipeOrder.Groups(model).Select(rows => (rows.Key, rows.Max(row => row.Result.Quantization.BitsPerWeight)))];
            text.Append($"### {MarkdownSummary.Cell(model.Key)}\n\n| Task | Ability | Metric | Items |");
            foreach ((string recipe, double bits) in recipes)
                text.Append($" {MarkdownSummary.Cell(recipe)}, {Figures.Fixed(bits, 2)} bits |");
            text.Append("\n|---|---|---|---:|").Insert(text.Length, "---|", recipes.Length).Append('\n');
            foreach (IGrouping<string, ReportRow> task in model.GroupBy(row => row.Result.Task))
                Line(text, task.First().Result, [.. recipes.Select(recipe => task.FirstOrDefault(row => row.Result.Recipe == recipe.Recipe))]);
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, EvalResult task, IReadOnlyList<ReportRow?> rows)
    {
        Metric metric = task.Metrics[0];
        text.Append($"| {MarkdownSummary.Cell(task.Task)} | {MarkdownSummary.Cell(task.Ability)} | {MarkdownSummary.Cell(metric.Name)}")
            .Append(metric.Unit.Length == 0 ? ", %" : "").Append($" | {Figures.Count(task.Items.Count)} |");
        foreach (ReportRow? row in rows)
            text.Append($" {(row is null ? "—" : Value(row))} |");
        text.Append('\n');
    }

    private static string Value(ReportRow row)
    {
        Metric metric = row.Result.Metrics[0];
        if (row.AgainstFull is not { } change)
            return $"{Figures.Value(metric)} ± {Figures.Error(metric)}";
        string words = double.IsNaN(change.StandardError)
            ? Figures.Delta(change.Delta, row.Result.Gate.Kind)
            : $"{Figures.Delta(change.Delta, change.StandardError, row.Result.Gate.Kind)} ± {Figures.Spread(change.StandardError, row.Result.Gate.Kind)}";
        return $"{Figures.Value(metric)} ({(change.IsBeyondNoise ? $"**{words}**" : words)})";
    }
}
