using System.Globalization;
using System.Text;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting.Exports;

/// <summary>
/// The rows as comma-separated values (RFC 4180: CRLF, quotes doubled), for spreadsheets and data frames. Numbers are unrounded and invariant; fractions
/// are fractions, not per cent; what is unknown is empty.
/// </summary>
public static class CsvTable
{
    private static readonly (string Name, Func<ReportRow, object?> Value)[] Columns =
    [
        ("model", row => row.Result.Model),
        ("family", row => row.Result.Family),
        ("recipe", row => row.Result.Recipe),
        ("task", row => row.Result.Task),
        ("task_version", row => row.Result.TaskVersion),
        ("ability", row => row.Result.Ability),
        ("verdict", row => row.Verdict.Kind.ToString().ToLowerInvariant()),
        ("metric", row => row.Result.Metrics[0].Name),
        ("value", row => row.Result.Metrics[0].Value),
        ("stderr", row => row.Result.Metrics[0].StandardError),
        ("unit", row => row.Result.Metrics[0].Unit),
        ("items", row => row.Result.Items.Count),
        .. Against("approved", row => row.Verdict.Comparison),
        .. Against("fp32", row => row.FullComparison),
        ("bits_per_weight", row => row.Result.Quantization.BitsPerWeight),
        ("weight_bytes", row => row.Result.Quantization.WeightBytes),
        ("seconds", row => row.Result.Cost.Seconds),
        ("tokens", row => row.Result.Cost.TokenCount),
        ("tokens_per_second", row => row.Result.Cost.TokensPerSecond),
        ("peak_memory_bytes", row => row.Result.Cost.PeakMemoryBytes),
        ("cached_items", row => row.Result.Cost.CachedItemCount),
        ("bits_hash", row => row.Result.BitsHash),
        ("commit", row => row.Result.Environment.Commit),
        ("finished", row => row.Result.Environment.FinishedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
    ];

    /// <summary>The text of a report.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, Columns.Select(column => column.Name));
        foreach (ReportRow row in report.Rows)
            Line(text, Columns.Select(column => Text(column.Value(row))));
        return text.ToString();
    }

    private static IEnumerable<(string, Func<ReportRow, object?>)> Against(string name, Func<ReportRow, Comparison?> comparison) =>
    [
        ($"change_{name}", row => comparison(row)?.Change),
        ($"low_{name}", row => comparison(row)?.Limits.Low),
        ($"high_{name}", row => comparison(row)?.Limits.High),
        ($"margin_nats_{name}", row => comparison(row)?.Margins?.Change),
        ($"lost_{name}", row => comparison(row)?.LostCount),
        ($"gained_{name}", row => comparison(row)?.GainedCount),
    ];

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static string Quoted(string cell) => cell.AsSpan().ContainsAny("\",\r\n") ? $"\"{cell.Replace("\"", "\"\"")}\"" : cell;
}
