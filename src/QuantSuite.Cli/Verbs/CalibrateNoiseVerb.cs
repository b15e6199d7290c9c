using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary>
/// <c>calibrate-noise</c>: runs rows several times, each time with other threads and another size of batch, and measures how far the runs differ. An
/// engine under a number contract must show none; any other engine's noise is left in a received baseline, whose margin grows with it.
/// </summary>
public sealed class CalibrateNoiseVerb : Verb
{
    private readonly RowOptions rows = new();
    private readonly Option<int> runs = new("--runs") { Description = "How often each row is run.", DefaultValueFactory = _ => 3 };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public CalibrateNoiseVerb()
        : base("calibrate-noise", "Run rows again with other threads and batches; measure how far the runs differ, and keep it in the baseline.",
            "calibrate-noise --filter \"Model=microworld-s&Task=knowledge&Recipe=rtn-int4-g32\" --runs 3", "calibrate-noise --model microworld-m --task arithmetic --recipe fp32 --json")
    {
        rows.AddTo(this);
        Add(runs);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = rows.Settings(arguments);
        int count = arguments.GetValue(runs);
        if (count < 2)
            throw new SettingsException($"--runs is {count}, expected at least 2.");
        IReadOnlyList<EvalRow> picked = rows.Pick(arguments, settings, Recipes.ParseAll(settings.Recipes));
        var models = new ModelLoader(settings.DataFolders, settings.CalibrationOf, settings.Cache, terminal.Say);
        var measured = new List<(ResultKey Key, NoiseFloor Noise, string Contract)>();
        foreach (var group in picked.GroupBy(row => (row.Model.Path, row.Recipe)))
            measured.AddRange(Measure([.. group], models, settings, count, terminal, cancellation));
        Print(measured, arguments.GetValue(json), terminal);
        return measured.All(row => row.Noise.EqualBits || row.Contract.Length == 0) ? ExitCode.Done : ExitCode.GateFailed;
    }

    private static IEnumerable<(ResultKey Key, NoiseFloor Noise, string Contract)> Measure(
        EvalRow[] group, ModelLoader models, EvalSettings settings, int count, Terminal terminal, CancellationToken cancellation)
    {
        var results = group.ToDictionary(row => row.Key, _ => new List<EvalResult>());
        for (int run = 0; run < count; run++)
        {
            using Kernels kernels = Kernels.Create(1 + (settings.ThreadCount - 1 + run) % settings.ThreadCount);
            using DecoderModel model = models.Load(group[0].Model.Path, Recipe.Parse(group[0].Recipe), kernels, terminal.Blocks, cancellation);
            model.PassTokenLimit >>= run % 4;
            foreach (EvalRow row in group)
            {
                terminal.Progress($"{row}: run {run + 1} of {count}");
                results[row.Key].Add(RowRun.Evaluate(row, model, settings, cache: null, cancellation: cancellation));
            }
        }
        var store = new BaselineStore(settings.Baselines);
        foreach (EvalRow row in group)
        {
            List<EvalResult> all = results[row.Key];
            var noise = NoiseFloor.Of(all);
            if (!noise.EqualBits)
                store.Receive(all[0], noise);
            yield return (row.Key, noise, all[0].NumberContract);
        }
    }

    private static void Print(List<(ResultKey Key, NoiseFloor Noise, string Contract)> measured, bool json, Terminal terminal)
    {
        if (json)
        {
            terminal.WriteJson(measured.Select(row => new { row = row.Key, contract = row.Contract, noise = row.Noise }));
            return;
        }
        terminal.WriteTable(["Row", ">Runs", ">Flips %", ">Score", ">Nats", "Noise"], measured.Select(row => (string[])
        [
            row.Key.ToString(), $"{row.Noise.RunCount}", Text(100 * row.Noise.FlipRate), Text(row.Noise.ScoreSpread), Text(row.Noise.NatsSpread), Words(row.Noise, row.Contract),
        ]));
    }

    private static string Words(NoiseFloor noise, string contract) => (noise.EqualBits, contract) switch
    {
        (true, "") => "none seen",
        (true, _) => $"zero, as {contract} promises",
        (false, "") => "left in a received baseline: accept it",
        (false, _) => $"A FAULT: {contract} promises equal bits",
    };

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
