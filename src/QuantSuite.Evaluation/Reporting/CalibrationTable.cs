using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// Calibration × test: one base recipe calibrated on different texts (<c>…-cal_wikitext2</c>), asked the same tasks. A text that looks like the test flatters the method; the
/// lines beside each other show by how much.
/// </summary>
/// <param name="Recipe">The recipe without its calibration.</param>
/// <param name="Tasks">The columns.</param>
/// <param name="Lines">One a calibration text.</param>
public sealed partial record CalibrationTable(string Model, string Recipe, IReadOnlyList<EvalResult> Tasks, IReadOnlyList<CalibrationLine> Lines)
{
    private const string Default = "default";

    /// <summary>One table for each model × base recipe that ran with at least two calibrations.</summary>
    public static IReadOnlyList<CalibrationTable> Of(Report report) =>
    [
        .. from rows in report.Rows.GroupBy(row => (row.Result.Model, Base: Suffix().Replace(row.Result.Recipe, "")))
           let texts = rows.GroupBy(row => TextOf(row.Result.Recipe)).ToList()
           where texts.Count > 1
           let tasks = rows.Select(row => row.Result).DistinctBy(result => result.Task).ToList()
           select new CalibrationTable(rows.Key.Model, rows.Key.Base, tasks, [.. texts.Select(text => new CalibrationLine(text.Key, text.ToDictionary(row => row.Result.Task)))]),
    ];

    private static string TextOf(string recipe) => Suffix().Match(recipe) is { Success: true } match ? match.Groups[1].Value : Default;

    [GeneratedRegex(@"-cal_(.+)$")]
    private static partial Regex Suffix();
}

/// <summary>One calibration text; its rows by task.</summary>
public sealed record CalibrationLine(string Text, IReadOnlyDictionary<string, ReportRow> Rows);
