using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>cache</c>: shows and clears the answers and quantized models that need not be computed again.</summary>
public sealed class CacheVerb : Verb
{
    private readonly Argument<string> action = new("action") { Description = "show or clear.", DefaultValueFactory = _ => "show" };
    private readonly Option<string?> artifacts = new("--artifacts", "-a") { Description = "The folder whose cache is meant. Default: artifacts/." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public CacheVerb()
        : base("cache", "Show or clear the cache of answers and of quantized models, which is keyed by content: weights, tokenizer, recipe, calibration, engine, request.", "cache show", "cache clear")
    {
        action.AcceptOnlyFromAmong("show", "clear");
        Add(action);
        Add(artifacts);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string folder = arguments.GetValue(artifacts) is { } root ? Path.Combine(root, "cache") : EvalSettings.FromEnvironment().Cache;
        return arguments.GetValue(action) == "clear" ? Clear(folder, arguments.GetValue(json), terminal) : Show(folder, arguments.GetValue(json), terminal);
    }

    private static int Show(string folder, bool asJson, Terminal terminal)
    {
        IReadOnlyList<CacheEntry> entries = [.. AnswerCache.Show(folder), .. QuantizedModelCache.Show(folder).Select(model => new CacheEntry(model.Name, model.FileCount, model.ByteCount))];
        if (asJson)
            terminal.WriteJson(entries);
        else if (entries.Count == 0)
            terminal.Out.WriteLine($"{folder}: empty");
        else
            terminal.WriteTable(["Model, recipe, hash", ">Files", ">KiB"], entries.Select(entry => (string[])[entry.Name, Text(entry.FileCount), Text(entry.ByteCount / 1024)]));
        return ExitCode.Done;
    }

    private static int Clear(string folder, bool asJson, Terminal terminal)
    {
        long freed = AnswerCache.Clear(folder) + QuantizedModelCache.Clear(folder);
        if (asJson)
            terminal.WriteJson(new { freed_bytes = freed });
        else
            terminal.Out.WriteLine($"{folder}: {Text(freed / 1024)} KiB freed");
        return ExitCode.Done;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
