using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>run</c>: the matrix without a test runner; the same rows, results, verdicts and page as <c>dotnet test evals/QuantSuite.Evals</c>.</summary>
public sealed class RunVerb : Verb
{
    private readonly RowOptions rows = new();
    private readonly Option<bool> sequential = new("--sequential") { Description = "Stop each row as soon as it is plain, at the same α. Saves no results and no baselines." };
    private readonly Option<bool> json = new("--json") { Description = "Print the rows as JSON." };

    /// <summary>The verb.</summary>
    public RunVerb()
        : base("run", "Run models × recipes × tasks, compare with the approved baselines, write the page.",
            "run --filter \"Model=microworld-m&Bits=4\"",
            "run --model ../shared/models/smollm2-135m-instruct --data ../shared/data --recipe fp32 rtn-int4-g128 --task hellaswag --limit 100",
            "run --shard 2/4 --artifacts shard-2",
            "run --model microworld-s --task mine.jsonl --baselines my/baselines --strict --json", "run --filter \"Model=microworld-m&Bits=4\" --sequential")
    {
        rows.AddTo(this);
        Add(sequential);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = rows.Settings(arguments);
        IReadOnlyList<EvalRow> picked = rows.Pick(arguments, settings, Recipes.ParseAll(settings.Recipes));
        if (settings.Shard is { } shard)
        {
            terminal.Say($"shard {shard}: {shard.Of(picked).Count} of {picked.Count} rows");
            picked = shard.Of(picked);
        }
        if (arguments.GetValue(sequential))
            return SequentialRows.Run(picked, settings, arguments.GetValue(json), terminal, cancellation);
        var outcomes = new List<RowOutcome>();
        var progress = new RunProgress(picked);
        var models = new ModelLoader(settings.DataFolders, settings.CalibrationOf, settings.Cache, terminal.Say);
        var leaks = new CalibrationLeaks();
        var unusable = new List<EvalDataException>();
        int leftOut = 0;
        try
        {
            using Kernels kernels = Kernels.Create(settings.ThreadCount);
            foreach (var group in picked.GroupBy(row => (row.Model.Path, row.Recipe)))
                RunGroup([.. group], Recipe.Parse(group.Key.Recipe), kernels);
        }
        finally
        {
            if (outcomes.Count > 0)
                HtmlReport.Write(settings.Results, settings.Baselines, settings.Page);
        }
        if (outcomes.Count > 0)
            Print(outcomes, settings, arguments.GetValue(json), terminal);
        if (leftOut > 0)
            terminal.Say($"{leftOut} of {picked.Count} rows left out: the limits of the run leave nothing to ask");
        if (unusable.Count > 0)
            throw unusable.Count == 1 ? unusable[0] : new EvalDataException($"{unusable.Count} of {picked.Count} rows have no data that can be used; the first: {unusable[0].Message}", unusable[0]);
        return outcomes.All(outcome => outcome.Passed) ? ExitCode.Done : ExitCode.GateFailed;

        void RunGroup(EvalRow[] group, Recipe recipe, Kernels kernels)
        {
            terminal.Progress($"{group[0].Model.Name} · {recipe}: quantizing");
            using DecoderModel model = models.Load(group[0].Model.Path, recipe, kernels, terminal.Blocks, cancellation);
            foreach (EvalRow row in group)
                RunRow(row, model);
        }

        void RunRow(EvalRow row, DecoderModel model)
        {
            try
            {
                outcomes.Add(RowRun.Run(row, model, settings, answered => Show(row, answered), cancellation, items =>
                {
                    if (models.Calibration?.Drawn is { } drawn && leaks.Warning(drawn.Name, drawn.Text, row, items, model) is { } warning)
                        terminal.Say(warning);
                }));
                terminal.Say(outcomes[^1].Passed ? outcomes[^1].Summary : outcomes[^1].Words);
            }
            catch (NothingLeftException exception)
            {
                leftOut++;
                terminal.Say($"left out: {row.Key}: {exception.Message}");
            }
            catch (EvalDataException exception)
            {
                unusable.Add(exception);
                terminal.Say($"{row.Key}: no usable data, the other rows go on");
            }
            progress.Done();
        }

        void Show(EvalRow row, EvalProgress answered)
        {
            progress.Answered(row, answered);
            terminal.Progress(progress.Text());
        }
    }

    private static void Print(IReadOnlyList<RowOutcome> outcomes, EvalSettings settings, bool json, Terminal terminal)
    {
        if (json)
        {
            terminal.WriteJson(new { passed = outcomes.All(outcome => outcome.Passed), page = settings.Page, rows = outcomes.Select(Row), pooled = PooledTable.Json(Matrix(outcomes)) });
            return;
        }
        terminal.WriteTable(["Model", "Task", "Recipe", "Metric", ">Value", ">±", "Verdict", ">Seconds"], outcomes.Select(outcome => (string[])
        [
            outcome.Result.Model, outcome.Result.Task, outcome.Result.Recipe, outcome.Result.Metrics[0].Name, Text(outcome.Result.Metrics[0].Value, "0.0000"),
            outcome.Result.Metrics[0].StandardError is { } error ? Text(error, "0.0000") : "", outcome.Verdict.Kind.ToString().ToLowerInvariant(), Text(outcome.Result.Cost.Seconds, "0.0"),
        ]));
        PooledTable.Write(Matrix(outcomes), terminal);
        terminal.Out.WriteLine($"{outcomes.Count(outcome => outcome.Passed)} passed, {outcomes.Count(outcome => !outcome.Passed)} failed; page: {settings.Page}");
    }

    private static MatrixVerdict Matrix(IReadOnlyList<RowOutcome> outcomes) => MatrixVerdict.Of([.. outcomes.Select(outcome => (outcome.Verdict, outcome.Result))]);

    private static object Row(RowOutcome outcome) => new
    {
        model = outcome.Result.Model,
        task = outcome.Result.Task,
        recipe = outcome.Result.Recipe,
        verdict = outcome.Verdict.Kind,
        passed = outcome.Passed,
        metrics = outcome.Result.Metrics,
        change = outcome.Verdict.Comparison?.Change,
        change_against_full = outcome.AgainstFull?.Change,
        bits_per_weight = outcome.Result.Quantization.BitsPerWeight,
        seconds = outcome.Result.Cost.Seconds,
        sentinels = outcome.Result.Sentinels,
        words = outcome.Words,
    };

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
