using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>compare</c>: two results, or two folders of results, item by item; the first is the one before.</summary>
public sealed class CompareVerb : Verb
{
    private readonly Argument<string> before = new("before") { Description = "A result file, or a folder of results." };
    private readonly Argument<string> now = new("now") { Description = "A result file of the same task, or a folder of results." };
    private readonly Option<Correction> correction = new("--correction") { Description = "How the p-values of many rows are adjusted.", DefaultValueFactory = _ => Correction.Holm };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public CompareVerb()
        : base("compare", "Compare two results, or two folders of results, item by item.",
            "compare artifacts/results/microworld-m/arithmetic/fp32.json artifacts/results/microworld-m/arithmetic/rtn-int4-g32.json", "compare last-week/results artifacts/results --json",
            "compare last-week/results artifacts/results --correction BenjaminiHochberg")
    {
        Add(before);
        Add(now);
        Add(correction);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        (string a, string b) = (arguments.GetRequiredValue(before), arguments.GetRequiredValue(now));
        bool folders = Directory.Exists(a) && Directory.Exists(b);
        IReadOnlyList<(EvalResult Before, EvalResult Now)> pairs = folders ? Pairs(a, b, terminal) : [(EvalResultFile.Read(a), EvalResultFile.Read(b))];
        var compared = pairs.Select(pair => (Names: Names(pair.Before, pair.Now, folders), Verdict: Baseline.Of(pair.Before).Compare(pair.Now))).ToList();
        var matrix = MatrixVerdict.Of([.. compared.Zip(pairs, (entry, pair) => (entry.Verdict, pair.Now))], arguments.GetValue(correction));
        double? Adjusted(Verdict verdict) => matrix.Rows.FirstOrDefault(row => ReferenceEquals(row.Verdict, verdict))?.AdjustedP;
        if (arguments.GetValue(json))
            terminal.WriteJson(compared.Select(entry => Row(entry.Names, entry.Verdict, Adjusted(entry.Verdict))));
        else if (folders)
        {
            terminal.WriteTable(["Row", "Verdict", ">Before", ">Now", ">Change", ">±", ">Lost", ">Gained", ">p", ">p, adjusted"],
                compared.Select(entry => Line(entry.Names, entry.Verdict, Adjusted(entry.Verdict))));
            PooledTable.Write(matrix, terminal);
        }
        else
            Print(compared[0].Names, compared[0].Verdict, terminal);
        return ExitCode.Done;
    }

    private static List<(EvalResult Before, EvalResult Now)> Pairs(string a, string b, Terminal terminal)
    {
        var pairs = new List<(EvalResult, EvalResult)>();
        foreach (string file in Directory.EnumerateFiles(a, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string other = Path.Combine(b, Path.GetRelativePath(a, file));
            if (File.Exists(other))
                pairs.Add((EvalResultFile.Read(file), EvalResultFile.Read(other)));
            else
                terminal.Say($"only in {a}: {Path.GetRelativePath(a, file)}");
        }
        return pairs.Count > 0 ? pairs : throw new SettingsException($"{a} and {b} have no result in common; expected <model>/<task>/<recipe>.json in both.");
    }

    private static string Names(EvalResult before, EvalResult now, bool folders) => folders ? ResultKey.Of(now).ToString() : $"{ResultKey.Of(before)} → {ResultKey.Of(now)}";

    private static void Print(string names, Verdict verdict, Terminal terminal)
    {
        terminal.Out.WriteLine(names);
        terminal.Out.WriteLine(verdict.Words);
    }

    private static object Row(string names, Verdict verdict, double? adjustedP) => new
    {
        row = names,
        verdict = verdict.Kind,
        before = verdict.Comparison?.Before,
        now = verdict.Comparison?.Now,
        change = verdict.Comparison?.Change,
        standard_error = verdict.Comparison?.StandardError,
        low = verdict.Comparison?.Limits.Low,
        high = verdict.Comparison?.Limits.High,
        lost = verdict.Comparison?.LostCount,
        gained = verdict.Comparison?.GainedCount,
        loss_p = verdict.Comparison?.LossP,
        adjusted_p = adjustedP,
        margins = verdict.Comparison?.Margins is { } margins
            ? new { change = margins.Change, low = margins.Limits.Low, high = margins.Limits.High, margin = margins.Margin, loss_p = margins.LossP } : null,
        differences = verdict.Differences,
    };

    private static string[] Line(string names, Verdict verdict, double? adjustedP) => verdict.Comparison is { } comparison
        ? [names, Kind(verdict), Text(comparison.Before), Text(comparison.Now), Text(comparison.Change), Text(comparison.StandardError), $"{comparison.LostCount}", $"{comparison.GainedCount}",
           Text(comparison.LossP), Text(adjustedP)]
        : [names, Kind(verdict), "", "", "", "", "", "", "", ""];

    private static string Kind(Verdict verdict) => verdict.Kind.ToString().ToLowerInvariant();

    private static string Text(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "";
}
