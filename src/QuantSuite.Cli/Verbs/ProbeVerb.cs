using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Statistics;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>probe</c>: how much each layer, kind of linear or module costs when it alone is rounded to a low format. Each line is a recipe that <c>run</c> takes.</summary>
public sealed class ProbeVerb : Verb
{
    private readonly Argument<string> model = new("model") { Description = "A folder (config.json, tokenizer.json, weights), a .gguf file, or an embedded model's name." };
    private readonly Option<string> bits = new("--bits") { Description = "The low format, with options of its granularity, e.g. int3, int2-g32 or mxfp4.", DefaultValueFactory = _ => "int3" };
    private readonly Option<ProbeParts> by = new("--by") { Description = "What is rounded alone: each layer, each kind of linear, or attention against feed-forward.", DefaultValueFactory = _ => ProbeParts.Layer };
    private readonly Option<string?> task = new("--task", "-t") { Description = "A task by its name, or a JSONL file of items. Default: wikitext2 where a data folder has it, else stories." };
    private readonly Option<string[]> data = new("--data", "-d") { Description = "A folder of benchmark data in their publishers' files.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> limit = new("--limit", "-l") { Description = "Only the first so many items." };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };
    private readonly Option<string?> artifacts = new("--artifacts", "-a") { Description = "The folder whose probe/ takes answers, so that a stopped probe goes on. Default: artifacts/." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public ProbeVerb()
        : base("probe", "Round one part of a model at a time, and show what each costs.",
            "probe microworld-s --bits int2 --by layer",
            "probe ../shared/models/smollm2-135m-instruct --bits int3-g64 --by kind --data ../shared/data --limit 20",
            "probe microworld-m --bits int2-g32 --by module --task arithmetic --json")
    {
        Add(model);
        foreach (Option option in (Option[])[bits, by, task, data, limit, threads, artifacts, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = Settings(arguments);
        ModelLocation location = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model)));
        EvalTask asked = TaskOf(arguments.GetValue(task), settings);
        using Kernels kernels = Kernels.Create(settings.ThreadCount);
        var lines = new List<Line> { Measure("nothing", Recipe.Parse("fp32"), 0, out string[] linears) };
        string format = arguments.GetRequiredValue(bits);
        IReadOnlyList<SensitivityProbe> probes = SensitivityProbe.List(linears, arguments.GetValue(by), format);
        foreach (SensitivityProbe probe in probes)
        {
            terminal.Progress($"{probe.Recipe}: part {lines.Count} of {probes.Count}");
            lines.Add(Measure(probe.Part, probe.Recipe, probe.LinearCount, out _));
        }
        lines.Add(Measure("everything", Recipe.Parse(format), linears.Length, out _));
        Print(lines, location.Name, asked, arguments.GetValue(json), terminal);
        return ExitCode.Done;

        Line Measure(string part, Recipe recipe, int linearCount, out string[] names)
        {
            using DecoderModel loaded = Quantizer.Load(location.Path, recipe, kernels, cancellation: cancellation);
            names = [.. loaded.Linears.Select(linear => linear.Name)];
            var row = new EvalRow(location, asked, recipe.ToString());
            EvalResult result = RowRun.Run(row, loaded, settings, answered => terminal.Progress(
                $"{recipe}: {answered.DoneItemCount} of {answered.ItemCount} items of {answered.Task}"), cancellation).Result;
            return new Line(part, recipe.ToString(), linearCount, loaded.BitsPerWeight, result.Metrics[0]);
        }
    }

    // Results of their own, so that probes are not on the page of the matrix.
    private EvalSettings Settings(ParseResult arguments)
    {
        EvalSettings environment = EvalSettings.FromEnvironment();
        string here = Environment.CurrentDirectory;
        string folder = arguments.GetValue(artifacts) is { } given ? EvalSettings.Resolve(given, here) : environment.Artifacts;
        if (arguments.GetValue(limit) is < 1)
            throw new SettingsException($"--limit is {arguments.GetValue(limit)}, expected at least 1.");
        return environment with
        {
            Data = arguments.GetValue(data) is { Length: > 0 } folders ? [.. folders.Select(path => EvalSettings.Resolve(path, here))] : environment.Data,
            Limit = arguments.GetValue(limit) ?? environment.Limit,
            ThreadCount = arguments.GetValue(threads) ?? environment.ThreadCount,
            Artifacts = Path.Combine(folder, "probe"),
        };
    }

    private static EvalTask TaskOf(string? name, EvalSettings settings)
    {
        if (name is not null)
            return EvalTasks.Get(name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? EvalSettings.Resolve(name, Environment.CurrentDirectory) : name);
        EvalTask wikitext = EvalTasks.Get("wikitext2");
        return new EvalData(settings.DataFolders).Has(wikitext) ? wikitext : EvalTasks.Get("stories");
    }

    private static void Print(IReadOnlyList<Line> lines, string name, EvalTask asked, bool asJson, Terminal terminal)
    {
        double full = lines[0].Metric.Value;
        if (asJson)
        {
            terminal.WriteJson(new
            {
                model = name,
                task = asked.Name,
                metric = lines[0].Metric.Name,
                rows = lines.Select(line => new
                {
                    part = line.Part,
                    recipe = line.Recipe,
                    linears = line.LinearCount,
                    bits_per_weight = line.BitsPerWeight,
                    value = line.Metric.Value,
                    standard_error = line.Metric.StandardError,
                    change = line.Metric.Value - full,
                }),
            });
            return;
        }
        terminal.WriteTable(["Rounded", ">Linears", ">Bits/weight", $">{lines[0].Metric.Name}", ">±", ">Change", "Recipe"], lines.Select(line => (string[])
        [
            line.Part, $"{line.LinearCount}", Text(line.BitsPerWeight, "0.000"), Text(line.Metric.Value, "0.0000"),
            line.Metric.StandardError is { } error ? Text(error, "0.0000") : "", Text(line.Metric.Value - full, "+0.0000;-0.0000;0"), line.Recipe,
        ]));
        terminal.Out.WriteLine($"{name} on {asked.Name}; each line again, with a verdict: quantsuite run --model {name} --task {asked.Name} --recipe \"<recipe>\"");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Line(string Part, string Recipe, int LinearCount, double BitsPerWeight, Metric Metric);
}
