using System.CommandLine;
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
    private readonly Option<bool> dryRun = new("--dry-run", "-n") { Description = "Only say which rows wait." };
    private readonly Option<bool> json = new("--json") { Description = "Print the rows as JSON." };

    /// <summary>The verb.</summary>
    public AcceptVerb()
        : base("accept", "Approve what the last runs received: .received.json becomes .verified.json.",
            "accept --dry-run", "accept --filter \"Model=microworld-m&Bits=4\"", "accept")
    {
        foreach (Option option in (Option[])[filter, baselines, dryRun, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string folder = arguments.GetValue(baselines) is { } path ? EvalSettings.Resolve(path, Environment.CurrentDirectory) : EvalSettings.FromEnvironment().Baselines;
        RowFilter? which = arguments.GetValue(filter) is { } text ? RowFilter.Parse(text) : null;
        var store = new BaselineStore(folder);
        bool Picked(ResultKey key) => which is null || which.Matches(Traits(store, key));
        IReadOnlyList<ResultKey> rows = arguments.GetValue(dryRun) ? [.. store.Received().Where(Picked)] : store.Accept(Picked);
        string done = arguments.GetValue(dryRun) ? "would be accepted" : "accepted";
        if (arguments.GetValue(json))
            terminal.WriteJson(new { baselines = folder, accepted = !arguments.GetValue(dryRun), rows });
        else
        {
            foreach (ResultKey row in rows)
                terminal.Out.WriteLine($"{row}");
            terminal.Out.WriteLine($"{rows.Count} rows {done}; {store.Received().Count} wait in {folder}");
            if (store.Shortened() is { Count: > 0 } shortened)
                terminal.Out.WriteLine($"{shortened.Count} of them are of limited runs and would take the place of whole ones: run without --limit, or delete the approved files first.");
        }
        return ExitCode.Done;
    }

    // Family and ability belong to the result, which the received file does not name; the rest follows from the row's names.
    private static Dictionary<string, string> Traits(BaselineStore store, ResultKey key)
    {
        var traits = new Dictionary<string, string>(Recipe.Parse(key.Recipe).Traits()) { ["Model"] = key.Model, ["Task"] = key.Task, ["Recipe"] = key.Recipe };
        if (EvalTasks.All.FirstOrDefault(task => task.Name == key.Task) is { } task)
            traits["Ability"] = task.Ability;
        return traits;
    }
}
