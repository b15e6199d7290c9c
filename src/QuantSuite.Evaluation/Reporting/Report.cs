using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>What a page shows: the rows in the order of the page, and the files that could not be read.</summary>
public sealed record Report
{
    private readonly IReadOnlyList<ReportRow> _rows = [];
    private MatrixVerdict? _matrix;

    /// <summary>One row for each model × task × recipe; kept in the order of the page: by model, task, and falling bits per weight.</summary>
    public required IReadOnlyList<ReportRow> Rows
    {
        get => _rows;
        init => (_rows, _matrix) = (InPageOrder(value), null);
    }

    /// <summary>The rows as one family, and one verdict per model × recipe.</summary>
    public MatrixVerdict Matrix => _matrix ??= MatrixVerdict.Of([.. Rows.Select(row => (row.Verdict, row.Result))]);

    /// <summary>Result files that were left out, with the reason.</summary>
    public IReadOnlyList<UnreadableFile> Unreadable { get; init; } = [];

    /// <summary>Where the results were looked for, by its last two names: a page that is sent around does not tell of one machine's folders.</summary>
    public string ResultsFolder { get; init; } = "artifacts/results";

    /// <summary>Reads all results below a folder and judges each against its baseline.</summary>
    public static Report Read(string resultsFolder, string baselinesFolder)
    {
        ResultFolder folder = ResultFolder.Read(resultsFolder);
        return new Report { Rows = Judged(folder.Results, new BaselineStore(baselinesFolder)), Unreadable = folder.Unreadable, ResultsFolder = Named(resultsFolder) };
    }

    private static string Named(string folder)
    {
        string[] names = Path.TrimEndingDirectorySeparator(folder).Split('/', '\\');
        return string.Join('/', names.TakeLast(2));
    }

    /// <summary>The rows of each model, in page order.</summary>
    internal IEnumerable<IGrouping<string, ReportRow>> ByModel => Rows.GroupBy(r => r.Result.Model);

    private static ReportRow[] Judged(IReadOnlyCollection<EvalResult> results, BaselineStore baselines)
    {
        var full = results.Where(r => r.Recipe == ReportRow.FullRecipe).ToDictionary(r => (r.Model, r.Task));
        return [.. results.Select(r => ReportRow.Of(r, baselines.Compare(r), full.GetValueOrDefault((r.Model, r.Task))))];
    }

    private static ReportRow[] InPageOrder(IReadOnlyList<ReportRow> rows) =>
    [
        .. rows
            .OrderBy(r => r.Result.Model, NaturalOrder.Instance)
            .ThenBy(r => r.Result.Task, NaturalOrder.Instance)
            .ThenBy(r => r.Result.Recipe == ReportRow.FullRecipe ? 0 : 1)
            .ThenByDescending(r => r.Result.Quantization.BitsPerWeight)
            .ThenBy(r => r.Result.Recipe, NaturalOrder.Instance),
    ];
}

/// <summary>A file that is no result, and why.</summary>
/// <param name="Path">Relative to the results folder, with forward slashes.</param>
public sealed record UnreadableFile(string Path, string Reason);
