using System.CommandLine;
using System.Text;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Reporting.Exports;
using QuantSuite.Evaluation.Rows;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>report</c>: a folder of results to one self-contained page, and to the files that other tools read.</summary>
public sealed class ReportVerb : Verb
{
    private readonly Option<string?> results = new("--results") { Description = "The folder of results. Default: artifacts/results." };
    private readonly Option<string?> baselines = new("--baselines", "-b") { Description = "The folder of approved results. Default: baselines/." };
    private readonly Option<string?> output = new("--output", "-o") { Description = "The page. Default: artifacts/report/index.html." };
    private readonly Option<string?> history = new("--history") { Description = "A folder of earlier runs' results, each in a subfolder: the page shows each row's trend." };
    private readonly Option<string?> against = new("--against") { Description = "Another run's results: the page shows the two side by side." };
    private readonly Option<string?> markdown = new("--markdown") { Description = "A summary for a pull request or a CI job's page." };
    private readonly Option<string?> table = new("--table") { Description = "Tasks × recipes with their changes against full precision, in Markdown." };
    private readonly Option<string?> junit = new("--junit") { Description = "The verdicts as JUnit's XML." };
    private readonly Option<string?> csv = new("--csv") { Description = "The rows as comma-separated values." };
    private readonly Option<string?> lmEval = new("--lm-eval-json") { Description = "A folder for results and samples in lm-evaluation-harness's files." };
    private readonly Option<bool> strict = new("--strict") { Description = "With --junit and --gate: whatever is not equal fails." };
    private readonly Option<bool> gate = new("--gate") { Description = "End with exit code 1 where a row fails, or all tasks of a model × recipe together do." };

    /// <summary>The verb.</summary>
    public ReportVerb()
        : base("report", "Gather a folder of results into one self-contained page.",
            "report",
            "report --results nightly/results -o nightly.html",
            "report --markdown summary.md --junit junit.xml --gate",
            "report --history nightly --against nightly/2026-11-22",
            "report --lm-eval-json lm-eval --csv rows.csv")
    {
        foreach (Option option in (Option[])[results, baselines, output, history, against, markdown, table, junit, csv, lmEval, strict, gate])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = EvalSettings.FromEnvironment();
        string folder = arguments.GetValue(results) ?? settings.Results;
        if (!Directory.Exists(folder))
            throw new SettingsException($"{folder}: no folder of results. 'quantsuite run' and 'dotnet test evals/QuantSuite.Evals' write one.");
        string page = arguments.GetValue(output) ?? settings.Page;
        Report report = HtmlReport.Write(folder, arguments.GetValue(baselines) ?? settings.Baselines, page,
            new ReportOptions { History = Folder(arguments, history), Against = Folder(arguments, against) });
        terminal.Out.WriteLine($"{report.Rows.Count} rows: {page}");
        Export(report, arguments, terminal);
        foreach (UnreadableFile file in report.Unreadable)
            terminal.Say($"left out {file.Path}: {file.Reason}");
        return arguments.GetValue(gate) && Fails(report, arguments.GetValue(strict)) ? ExitCode.GateFailed : ExitCode.Done;
    }

    private static string? Folder(ParseResult arguments, Option<string?> option) =>
        arguments.GetValue(option) is not { } path || Directory.Exists(path) ? arguments.GetValue(option) : throw new SettingsException($"{option.Name} {path}: no such folder.");

    private void Export(Report report, ParseResult arguments, Terminal terminal)
    {
        Save(markdown, () => MarkdownSummary.Of(report));
        Save(table, () => MarkdownTable.Of(report));
        Save(csv, () => CsvTable.Of(report));
        if (arguments.GetValue(junit) is { } xml)
        {
            AtomicFile.Write(xml, stream => JUnitReport.Of(report, arguments.GetValue(strict)).Save(stream));
            terminal.Out.WriteLine(xml);
        }
        if (arguments.GetValue(lmEval) is { } folder)
            terminal.Out.WriteLine($"{LmEvalFiles.Write(folder, report).Count} files: {folder}");

        void Save(Option<string?> option, Func<string> text)
        {
            if (arguments.GetValue(option) is not { } path)
                return;
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(text()));
            terminal.Out.WriteLine(path);
        }
    }

    private static bool Fails(Report report, bool strict) =>
        report.Rows.Count == 0 || report.Unreadable.Count > 0 || report.Rows.Any(row => row.Verdict.Fails(strict)) || report.Matrix.Pooled.Any(pooled => pooled.Kind == VerdictKind.Fail);
}
