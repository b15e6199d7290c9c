using System.CommandLine;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>lint</c>: looks at all approved results at once for what a row by itself cannot show.</summary>
public sealed class LintVerb : Verb
{
    private readonly RowOptions rows = new();
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public LintVerb()
        : base("lint", "Find orphans, missing rows, expired reasons, and approved results that are too good, constant, or too few to gate anything.",
            "lint", "lint --strict --json", "lint --model ../shared/models/smollm2-135m-instruct --data ../shared/data --baselines my/baselines")
    {
        rows.AddTo(this);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = rows.Settings(arguments);
        ResultKey[] keys = [.. rows.Pick(arguments, settings, Recipes.ParseAll(settings.Recipes)).Select(row => row.Key)];
        var lint = new BaselineLint(new BaselineStore(settings.Baselines), keys, recipe => Recipe.Parse(recipe).Bits, DateOnly.FromDateTime(DateTimeOffset.UtcNow.UtcDateTime));
        IReadOnlyList<LintFinding> findings = lint.Find();
        if (arguments.GetValue(json))
            terminal.WriteJson(findings.Select(finding => new { kind = finding.Kind, row = finding.Key, fault = finding.IsFault, words = finding.Words }));
        else
            Print(findings, keys.Length, terminal);
        return findings.Any(finding => finding.IsFault || settings.Strict) ? ExitCode.GateFailed : ExitCode.Done;
    }

    private static void Print(IReadOnlyList<LintFinding> findings, int rowCount, Terminal terminal)
    {
        foreach (LintFinding finding in findings)
            terminal.Out.WriteLine($"{(finding.IsFault ? "fault" : "look")}: {finding.Key}: {finding.Words}");
        terminal.Out.WriteLine($"{findings.Count(finding => finding.IsFault)} faults, {findings.Count(finding => !finding.IsFault)} rows to look at, of {rowCount}");
    }
}
