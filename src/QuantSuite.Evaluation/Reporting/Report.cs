namespace QuantSuite.Evaluation.Reporting;

/// <summary>What a page shows: the rows in the order of the page, and the files that could not be read.</summary>
/// <param name="Rows">Ordered by model, task, and falling bits per weight.</param>
/// <param name="Unreadable">Result files that were left out, with the reason.</param>
/// <param name="ResultsFolder">Where the results were looked for, as the caller named it.</param>
public sealed record Report(IReadOnlyList<ReportRow> Rows, IReadOnlyList<UnreadableFile> Unreadable, string ResultsFolder)
{
    /// <summary>Reads all results below a folder and judges each against its baseline.</summary>
    public static Report Read(string resultsFolder, string baselinesFolder)
    {
        ResultFolder folder = ResultFolder.Read(resultsFolder);
        return new Report(ReportRow.Judge(folder.Results, baselinesFolder), folder.Unreadable, resultsFolder);
    }
}

/// <summary>A file that is no result, and why.</summary>
/// <param name="Path">Relative to the results folder, with forward slashes.</param>
public sealed record UnreadableFile(string Path, string Reason);
