using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>list</c>: what there is to run, from the catalogs.</summary>
public sealed class ListVerb : Verb
{
    private readonly Argument<string> what = new("what") { Description = "models, tasks, recipes, formats or methods." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };
    private readonly Option<string[]> models = new("--model", "-m") { Description = "For models: where they lie. Default: the embedded models.", AllowMultipleArgumentsPerToken = true };

    /// <summary>The verb.</summary>
    public ListVerb()
        : base("list", "List models, tasks, recipes, formats or methods.", "list tasks", "list models --model ../shared/models", "list recipes --json")
    {
        what.AcceptOnlyFromAmong("models", "tasks", "recipes", "formats", "methods");
        Add(what);
        Add(json);
        Add(models);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        EvalSettings settings = EvalSettings.FromEnvironment();
        if (arguments.GetValue(models) is { Length: > 0 } named)
            settings = settings with { Models = [.. named.Select(EvalSettings.ResolveModel)] };
        (string[] columns, IEnumerable<string[]> entries) = arguments.GetRequiredValue(what) switch
        {
            "models" => ((string[])["Name", "Family", "Path"], EvalRow.Models(settings).Select(model => (string[])[model.Name, model.Family, model.Path])),
            "tasks" => (["Name", "Ability", "Shape", ">Items", "Equals", "Paper", "Data", "Publisher", "Hash"], EvalTasks.All.Select(Row)),
            "recipes" => (["Recipe", "Method", "Weights", ">Bits", "Activations", "KvCache"], Recipes.ParseAll(settings.Recipes).Select(Row)),
            "formats" => (["Name", ">Bits", "SharedBy", "Scale"], NumericFormats.All.Select(Row)),
            _ => (["Name", "Source"], QuantizationMethods.All.Select(method => (string[])[method.Name, method.Source])),
        };
        if (arguments.GetValue(json))
            terminal.WriteJson(entries.Select(entry => columns.Zip(entry).ToDictionary(pair => pair.First.TrimStart('>').ToLowerInvariant(), pair => pair.Second)));
        else
            terminal.WriteTable(columns, entries);
        return ExitCode.Done;
    }

    private static string[] Row(EvalTask task)
    {
        IReadOnlyList<PublishedFile> files = PublishedFiles.Of(task);
        string count = TaskSizes.Find(task.Name)?.ToString(CultureInfo.InvariantCulture) ?? "";
        string publishers = files.Count == 0 ? "ships with QuantSuite" : string.Join(", ", files.Select(file => file.Publisher).Distinct());
        string hash = files.Count == 1 ? files[0].Hash.ToString() : files.Count == 0 ? "" : $"of each of {files.Count} files";
        return [task.Name, task.Ability, task.Shape.ToString(), count, task.Reference, task.Paper, string.Join(", ", task.Files), publishers, hash];
    }

    private static string[] Row(NumericFormat format) => format.IsFullPrecision
        ? [format.Name, format.Bits.ToString(CultureInfo.InvariantCulture), "", ""]
        : [format.Name, format.Bits.ToString(CultureInfo.InvariantCulture), format.DefaultGranularity.ToString(), format.Scales.ToString().ToLowerInvariant()];

    private static string[] Row(Recipe recipe) =>
        [recipe.ToString(), recipe.Method, recipe.WeightsText, recipe.Bits.ToString(CultureInfo.InvariantCulture), recipe.ActivationsText, recipe.KvCacheText];
}
