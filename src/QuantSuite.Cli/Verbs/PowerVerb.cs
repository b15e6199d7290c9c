using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>power</c>: how small a loss so many items can see, before anything is run; or what the rows of a folder of baselines can see.</summary>
public sealed class PowerVerb : Verb
{
    private const string FullRecipe = "fp32";

    private readonly Option<int[]> items = new("--items", "-n") { Description = "Numbers of items. Default: what the approved rows have.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<double[]> discordance = new("--discordance") { Description = "Shares of items on which two runs differ, in per cent.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [2, 5, 10] };
    private readonly Option<double> alpha = new("--alpha") { Description = "The one-sided level.", DefaultValueFactory = _ => Gate.Alpha };
    private readonly Option<string?> filter = new("--filter", "-f") { Description = "Which approved rows: \"Model=microworld-m&Recipe=rtn-int4-g32\"." };
    private readonly Option<string?> baselines = new("--baselines", "-b") { Description = "The folder of approved results. Default: baselines/." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public PowerVerb()
        : base("power", "Show how small a loss a task can see, paired and unpaired, with 80 % power.",
            "power --items 200 1319 14042 --discordance 2 5 10", "power --filter \"Model=microworld-m&Recipe=rtn-int4-g32\"", "power --items 1319 --alpha 0.05 --json")
    {
        foreach (Option option in (Option[])[items, discordance, alpha, filter, baselines, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        (string Name, RowPower Power)[] rows = arguments.GetValue(items) is { Length: > 0 } counts ? Stated(arguments, counts) : Measured(arguments);
        if (arguments.GetValue(json))
            terminal.WriteJson(rows.Select(row => new
            {
                row = row.Name,
                items = row.Power.ItemCount,
                discordance = row.Power.Discordance,
                paired = row.Power.Paired,
                paired_exact = row.Power.PairedExact,
                unpaired = row.Power.Unpaired,
                margins_nats = row.Power.Nats,
                margins = row.Power.NatsAsShare,
            }));
        else
            terminal.WriteTable(["Row", ">Items", ">Discordance %", ">Paired", ">Exact", ">Unpaired", ">Margins, nats", ">Margins"], rows.Select(row => (string[])
            [
                row.Name, $"{row.Power.ItemCount}", Points(row.Power.Discordance), Points(row.Power.Paired), Points(row.Power.PairedExact), Points(row.Power.Unpaired),
                row.Power.Nats?.ToString("0.000", CultureInfo.InvariantCulture) ?? "", row.Power.Nats is null ? "" : Points(row.Power.NatsAsShare),
            ]));
        return ExitCode.Done;
    }

    private (string Name, RowPower Power)[] Stated(ParseResult arguments, int[] counts)
    {
        double level = arguments.GetValue(alpha);
        if (!(level > 0 && level < 0.5) || counts.Any(count => count < 1) || arguments.GetValue(discordance)!.Any(share => !(share > 0 && share <= 100)))
            throw new SettingsException("power takes at least 1 item, discordances above 0 and up to 100 per cent, and a level above 0 and below 0.5.");
        return [.. from count in counts from share in arguments.GetValue(discordance)! select ($"{count} items", RowPower.At(count, share / 100, alpha: level))];
    }

    private (string Name, RowPower Power)[] Measured(ParseResult arguments)
    {
        var store = new BaselineStore(arguments.GetValue(baselines) is { } path ? EvalSettings.Resolve(path, Environment.CurrentDirectory) : EvalSettings.FromEnvironment().Baselines);
        RowFilter? which = arguments.GetValue(filter) is { } text ? RowFilter.Parse(text) : null;
        var rows = new List<(string, RowPower)>();
        foreach (ResultKey key in store.Verified().Where(key => key.Recipe != FullRecipe && (which is null || which.Matches(AcceptVerb.Traits(key)))))
            if (store.Read(key with { Recipe = FullRecipe }) is { } full && store.Read(key) is { } quantized && RowPower.Of(full, quantized) is { } power)
                rows.Add((key.ToString(), power));
        return rows.Count > 0 ? [.. rows] : throw new SettingsException(
            $"No row of {store.Root} is picked that has right or wrong items, or scores, and an approved fp32 beside it; --items asks about any number of them.");
    }

    private static string Points(double? share) => share is { } known ? (100 * known).ToString("0.00", CultureInfo.InvariantCulture) : "none";
}
