using Microsoft.AspNetCore.Components;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>A column of the table of rows. The columns themselves, each with its cell, are listed in <c>Components/RowColumns.razor</c>.</summary>
/// <param name="Key">What the script and the tests call it.</param>
/// <param name="Unit">A second line of the heading, or empty.</param>
/// <param name="Class">Style class: n for numbers; name and cost for what narrow pages leave to the task's cell and to the detail.</param>
/// <param name="Meaning">A sentence for the legend.</param>
/// <param name="Cell">What a row shows.</param>
/// <param name="Number">What a row is sorted by; null where it is sorted by its text.</param>
public sealed record RowColumn(
    string Key, string Name, string Unit, string Class, string Meaning, RenderFragment<ReportRow> Cell, Func<ReportRow, double?>? Number = null)
{
    /// <summary>Whether its cells name their rows to a screen reader.</summary>
    public bool IsHeading => Key == "task";
}
