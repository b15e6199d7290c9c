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

    /// <summary>What was measured of each model × recipe beyond its rows.</summary>
    public IReadOnlyList<Diagnosis> Diagnoses { get; init; } = [];

    /// <summary>Approved results that are worse than the ones before them, until the day that was given for making them good.</summary>
    public IReadOnlyList<(ReportRow Row, Approval Approval)> Loosened { get; init; } = [];

    /// <summary>The run that this one is shown beside, by its folder's last two names; empty where there is none.</summary>
    public string OtherFolder { get; init; } = "";

    /// <summary>Reads all results below a folder and judges each against its baseline.</summary>
    /// <param name="options">What else the page should show; the default is nothing.</param>
    public static Report Read(string resultsFolder, string baselinesFolder, ReportOptions? options = null)
    {
        options ??= new ReportOptions();
        ResultFolder folder = ResultFolder.Read(resultsFolder);
        var baselines = new BaselineStore(baselinesFolder);
        ReportRow[] rows = Judged(folder.Results, baselines);
        if (options.History is { } history)
            rows = WithHistory(rows, HistoryFolder.Read(history));
        if (options.Against is { } other)
            rows = Beside(rows, ResultFolder.Read(other).Results);
        return new Report
        {
            Rows = rows,
            Unreadable = folder.Unreadable,
            ResultsFolder = Named(resultsFolder),
            Diagnoses = [.. folder.Diagnoses.OrderBy(d => d.Model, NaturalOrder.Instance).ThenBy(d => d.Recipe, NaturalOrder.Instance)],
            Loosened = [.. Loosenings(rows, baselines, options.Today)],
            OtherFolder = options.Against is null ? "" : Named(options.Against),
        };
    }

    private static ReportRow[] WithHistory(ReportRow[] rows, IReadOnlyDictionary<ResultKey, IReadOnlyList<HistoryPoint>> history) =>
        [.. rows.Select(row => history.TryGetValue(ResultKey.Of(row.Result), out var points) ? row with { History = WithNow(points, row.Result) } : row)];

    private static IReadOnlyList<HistoryPoint> WithNow(IReadOnlyList<HistoryPoint> points, EvalResult now) =>
        [.. points.Append(new HistoryPoint(now.Environment.FinishedAt, now.Metrics[0].Value, now.BitsHash, now.Environment.Commit)).OrderBy(p => p.FinishedAt).DistinctBy(p => p.FinishedAt)];

    private static ReportRow[] Beside(ReportRow[] rows, IReadOnlyCollection<EvalResult> others)
    {
        var byKey = others.ToDictionary(ResultKey.Of);
        return [.. rows.Select(row => row.Beside(byKey.GetValueOrDefault(ResultKey.Of(row.Result))))];
    }

    // A damaged baseline is told of by its row's verdict.
    private static IEnumerable<(ReportRow, Approval)> Loosenings(ReportRow[] rows, BaselineStore baselines, DateOnly today)
    {
        foreach (ReportRow row in rows.Where(row => row.Verdict.Kind is not (VerdictKind.Missing or VerdictKind.Refused)))
            if (baselines.Read(ResultKey.Of(row.Result)) is { Approval: { } approval } && approval.Shown(today) is not null)
                yield return (row, approval);
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
