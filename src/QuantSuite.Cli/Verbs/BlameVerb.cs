using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Blaming;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>blame</c>: which block and which linears of a quantized model cost most, found by putting each back to full precision alone.</summary>
public sealed class BlameVerb : Verb
{
    private readonly Argument<string> model = new("model") { Description = "A folder (config.json, tokenizer.json, weights), a .gguf file, or an embedded model's name." };
    private readonly Argument<string> recipe = new("recipe") { Description = "The recipe of the row, e.g. rtn-int4-g32." };
    private readonly Argument<string> task = new("task") { Description = "A task by its name, or a JSONL file of items." };
    private readonly Option<string?> full = new("--full") { Description = "The model in full precision, where the model itself came quantized (recipe file)." };
    private readonly Option<int> items = new("--items") { Description = "The most items to measure on, lost ones first.", DefaultValueFactory = _ => 32 };
    private readonly Option<int> tokens = new("--tokens") { Description = "The most tokens to feed for the divergence of a part.", DefaultValueFactory = _ => 8192 };
    private readonly Option<int?> limit = new("--limit", "-l") { Description = "Look for lost items among the first so many alone." };
    private readonly Option<string?> calibration = new("--calibration", "-c") { Description = "The calibration text of a recipe that names none: microworld, wikitext2, or a text file." };
    private readonly Option<string[]> data = new("--data", "-d") { Description = "A folder of benchmark data in their publishers' files.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };
    private readonly Option<string?> artifacts = new("--artifacts", "-a") { Description = "The folder for results and cache; the record goes beside the row's result. Default: artifacts/." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public BlameVerb()
        : base("blame", "Put parts of a quantized model back to full precision, one at a time, and name those that cost most.",
            "blame microworld-m rtn-int3-g32 arithmetic",
            "blame ../shared/models/smollm2-135m-instruct gptq-int4-g128-kv4 hellaswag --data ../shared/data --limit 200",
            "blame quantized-model file arc_easy --full original-model --data ../shared/data --json")
    {
        foreach (Argument argument in (Argument[])[model, recipe, task])
            Add(argument);
        foreach (Option option in (Option[])[full, items, tokens, limit, calibration, data, threads, artifacts, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = Settings(arguments);
        ModelLocation location = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model)));
        Recipe parsed = Recipe.Parse(arguments.GetRequiredValue(recipe));
        string? original = arguments.GetValue(full) is { } given ? EvalSettings.ResolveModel(given) : null;
        RequireFullPrecision(parsed, original);
        EvalTask asked = TaskOf(arguments.GetRequiredValue(task));
        var calibrated = new CalibrationSource(new CalibrationTexts(settings.DataFolders), settings.CalibrationOf(location.Path));
        using Kernels kernels = Kernels.Create(settings.ThreadCount);
        using var unrounded = new UnroundedValues();
        terminal.Progress($"{location.Name}: loading");
        using DecoderModel before = Quantizer.Load(original ?? location.Path, Recipe.Parse("fp32"), kernels, cancellation: cancellation);
        using DecoderModel now = Quantizer.Load(location.Path, parsed, kernels, terminal.Blocks, cancellation, calibrated.Draw, terminal.Say, unrounded: unrounded);
        RequireSameShapes(before, now);
        var row = new EvalRow(location, asked, now.Identity.Recipe);
        IReadOnlyList<EvalItem> loaded = [];
        EvalResult fullResult = Answers(before), result = Answers(now);
        Dictionary<string, Weight> originals = before.Linears.ToDictionary(weight => weight.Name);
        using var run = new BlameRun(before, now, loaded, fullResult, result, new BlameOptions
        {
            Task = asked,
            StorageOf = original is null ? unrounded.StorageOf : weight => Dense(originals[weight.Name]),
            ResultsFolder = settings.Results,
            ItemLimit = arguments.GetValue(items),
            TokenLimit = arguments.GetValue(tokens),
            Progress = terminal.Progress,
        }, cancellation);
        BlameRecord record = run.Run(cancellation);
        Print(record, BlameFile.PathOf(settings.Results, row.Key), arguments.GetValue(json), terminal);
        return ExitCode.Done;

        EvalResult Answers(DecoderModel answering) => EvalRunner.Run(asked, answering, RowRun.Options(row, answering, settings) with
        {
            Loaded = known => loaded = known,
            Progress = done => terminal.Progress($"{answering.Identity.Recipe}: {done.DoneItemCount} of {done.ItemCount} items of {done.Task}"),
        }, cancellation);
    }

    private static PanelMatrix Dense(Weight weight)
    {
        using Matrix values = weight.Read();
        return new DensePanels(values, NumericFormats.Fp32);
    }

    private static EvalTask TaskOf(string name) =>
        EvalTasks.Get(name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? EvalSettings.Resolve(name, Environment.CurrentDirectory) : name);

    private EvalSettings Settings(ParseResult arguments)
    {
        EvalSettings environment = EvalSettings.FromEnvironment();
        string here = Environment.CurrentDirectory;
        foreach ((string name, int? count) in ((string, int?)[])[("--items", arguments.GetValue(items)), ("--tokens", arguments.GetValue(tokens)), ("--limit", arguments.GetValue(limit))])
            if (count is < 1)
                throw new SettingsException($"{name} is {count}, expected at least 1.");
        return environment with
        {
            Data = arguments.GetValue(data) is { Length: > 0 } folders ? [.. folders.Select(path => EvalSettings.Resolve(path, here))] : environment.Data,
            Limit = arguments.GetValue(limit) ?? environment.Limit,
            Calibration = arguments.GetValue(calibration) ?? environment.Calibration,
            ThreadCount = arguments.GetValue(threads) ?? environment.ThreadCount,
            Artifacts = arguments.GetValue(artifacts) is { } folder ? EvalSettings.Resolve(folder, here) : environment.Artifacts,
        };
    }

    private static void RequireFullPrecision(Recipe recipe, string? original)
    {
        if (recipe.Filed is not null && original is null)
            throw new SettingsException($"recipe '{recipe}': the model holds codes and no full precision to put back; expected the original model (--full <model>).");
        if (recipe.IsFullPrecision && recipe.Scheme.KeyValueCache is null)
            throw new SettingsException($"recipe '{recipe}' rounds no linear and no cache, so there is nothing to put back; expected a quantized row, such as rtn-int4-g32.");
    }

    private static void RequireSameShapes(DecoderModel before, DecoderModel now)
    {
        Dictionary<string, Weight> originals = before.Linears.ToDictionary(weight => weight.Name);
        foreach (Weight weight in now.Linears)
            if (!originals.TryGetValue(weight.Name, out Weight? other) || (other.Rows, other.Columns) != (weight.Rows, weight.Columns))
                throw new SettingsException($"--full: {before.Name} has no linear {weight.Name} of [{weight.Rows}, {weight.Columns}]; expected the model that {now.Name} was made from.");
    }

    private static void Print(BlameRecord record, string path, bool asJson, Terminal terminal)
    {
        BlameHeader header = record.Header;
        if (asJson)
        {
            terminal.WriteJson(new
            {
                model = header.Model,
                task = header.Task,
                recipe = header.Recipe,
                items = header.ItemIds,
                lost = header.LostCount,
                positions = header.PositionCount,
                kl = header.Kl,
                parts = record.Parts,
                guilty = record.Guilty.Select(part => part.Name),
                words = BlameWords.Of(record),
                file = path,
            });
            return;
        }
        terminal.WriteTable(["Restored", ">KL left", ">KL restored", ">Share", $">Items back of {header.LostCount}"], record.Parts.Select(part => (string[])
        [
            (part.Level == BlameLevel.Linear ? "  " : "") + part.Name, Text(part.KlRemaining, "0.000000"), Text(part.KlRestored, "+0.000000;-0.000000;0"),
            Text(record.ShareOf(part), "0.0 %"), $"{part.ItemsReturned}",
        ]));
        terminal.Out.WriteLine(BlameWords.Of(record));
        terminal.Out.WriteLine($"record: {path}");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
