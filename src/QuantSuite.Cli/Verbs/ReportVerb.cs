using System.CommandLine;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Rows;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>report</c>: a folder of results to one self-contained page.</summary>
public sealed class ReportVerb : Verb
{
    private readonly Option<string?> results = new("--results") { Description = "The folder of results. Default: artifacts/results." };
    private readonly Option<string?> baselines = new("--baselines", "-b") { Description = "The folder of approved results. Default: baselines/." };
    private readonly Option<string?> output = new("--output", "-o") { Description = "The page. Default: artifacts/report/index.html." };

    /// <summary>The verb.</summary>
    public ReportVerb()
        : base("report", "Gather a folder of results into one self-contained page.", "report", "report --results nightly/results -o nightly.html")
    {
        Add(results);
        Add(baselines);
        Add(output);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = EvalSettings.FromEnvironment();
        string folder = arguments.GetValue(results) ?? settings.Results;
        if (!Directory.Exists(folder))
            throw new SettingsException($"{folder}: no folder of results. 'quantsuite run' and 'dotnet test evals/QuantSuite.Evals' write one.");
        string page = arguments.GetValue(output) ?? settings.Page;
        Report report = HtmlReport.Write(folder, arguments.GetValue(baselines) ?? settings.Baselines, page);
        terminal.Out.WriteLine($"{report.Rows.Count} rows: {page}");
        foreach (UnreadableFile file in report.Unreadable)
            terminal.Say($"left out {file.Path}: {file.Reason}");
        return ExitCode.Done;
    }
}
