using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>accept</c>: makes received results the approved ones. Nothing else writes a baseline.</summary>
public sealed class AcceptVerb : Verb
{
    private readonly Option<string?> filter = new("--filter", "-f") { Description = "Which rows, as in dotnet test. Default: all that wait." };
    private readonly Option<string?> baselines = new("--baselines", "-b") { Description = "The folder of approved results. Default: baselines/." };
    private readonly Option<string?> reason = new("--reason") { Description = "Why. Rows that are worse than approved are accepted only with one." };
    private readonly Option<string?> expires = new("--expires") { Description = "The day from which lint complains about rows that got worse, e.g. 2027-02-28. Default: in 90 days." };
    private readonly Option<bool> dryRun = new("--dry-run", "-n") { Description = "Only say which rows wait." };
    private readonly Option<bool> json = new("--json") { Description = "Print the rows as JSON." };

    /// <summary>The verb.</summary>
    public AcceptVerb()
        : base("accept", "Approve what the last runs received: .received.json becomes .verified.json.",
            "accept --dry-run", "accept --filter \"Model=microworld-m&Bits=4\"", "accept --filter \"Recipe=rtn-int3-g32\" --reason \"group scales are now fp16\" --expires 2027-02-28")
    {
        foreach (Option option in (Option[])[filter, baselines, reason, expires, dryRun, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string folder = arguments.GetValue(baselines) is { } path ? EvalSettings.Resolve(path, Environment.CurrentDirectory) : EvalSettings.FromEnvironment().Baselines;
        RowFilter? which = arguments.GetValue(filter) is { } text ? RowFilter.Parse(text) : null;
        var store = new BaselineStore(folder);
        bool Picked(ResultKey key) => which is null || which.Matches(Traits(key));
        AcceptOrder order = Order(arguments);
        (ResultKey Key, string What)[] worse = [.. store.Loosened().Where(row => Picked(row.Key))];
        IReadOnlyList<ResultKey> rows = arguments.GetValue(dryRun) ? [.. store.Received().Where(Picked)] : store.Accept(Picked, order);
        bool held = worse.Length > 0 && order.Reason.Length == 0;
        string done = arguments.GetValue(dryRun) ? "would be accepted" : "accepted";
        if (arguments.GetValue(json))
            terminal.WriteJson(new { baselines = folder, accepted = !arguments.GetValue(dryRun), rows, worse = worse.Select(row => new { row = row.Key, what = row.What }) });
        else
        {
            foreach (ResultKey row in rows)
                terminal.Out.WriteLine($"{row}");
            terminal.Out.WriteLine($"{rows.Count} rows {done}; {store.Received().Count} wait in {folder}");
            if (store.Shortened() is { Count: > 0 } shortened)
                terminal.Out.WriteLine($"{shortened.Count} of them are of limited runs and would take the place of whole ones: run without --limit, or delete the approved files first.");
            if (held)
                PrintHeld(worse, terminal);
        }
        return held && !arguments.GetValue(dryRun) ? ExitCode.GateFailed : ExitCode.Done;
    }

    private static void PrintHeld((ResultKey Key, string What)[] worse, Terminal terminal)
    {
        terminal.Out.WriteLine($"{worse.Length} rows are worse than approved and need --reason \"…\"; it stands in the baseline and on the page until it expires:");
        foreach ((ResultKey key, string what) in worse)
            terminal.Out.WriteLine($"  {key}: {what}");
    }

    private AcceptOrder Order(ParseResult arguments)
    {
        var today = DateOnly.FromDateTime(DateTimeOffset.UtcNow.UtcDateTime);
        if (arguments.GetValue(expires) is not { } text)
            return new AcceptOrder(today, arguments.GetValue(reason)?.Trim() ?? "");
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) || day <= today)
            throw new SettingsException($"--expires is '{text}', expected a day after today such as {today.AddDays(Loosening.UsualDays):yyyy-MM-dd}.");
        return new AcceptOrder(today, arguments.GetValue(reason)?.Trim() ?? "", day);
    }

    // Family and ability belong to the result, which the received file does not name; the rest follows from the row's names.
    internal static Dictionary<string, string> Traits(ResultKey key)
    {
        var traits = new Dictionary<string, string>(Recipe.Parse(key.Recipe).Traits()) { ["Model"] = key.Model, ["Task"] = key.Task, ["Recipe"] = key.Recipe };
        if (EvalTasks.All.FirstOrDefault(task => task.Name == key.Task) is { } task)
            traits["Ability"] = task.Ability;
        return traits;
    }
}
