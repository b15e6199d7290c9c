using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>quantize</c>: a recipe's model as a checkpoint on disk, which <c>run --recipe file</c> evaluates with the same bits as the recipe.</summary>
public sealed class QuantizeVerb : Verb
{
    private const string Auto = "auto";

    private readonly Argument<string> model = new("model") { Description = "A folder (config.json, tokenizer.json, weights), a .gguf file, or an embedded model's name." };
    private readonly Argument<string> recipe = new("recipe") { Description = "The recipe, e.g. rtn-int4-g128; fp32 dequantizes a checkpoint that came quantized." };
    private readonly Option<string> output = new("--output", "-o") { Description = "The folder to be made; one that exists is left alone.", Required = true };
    private readonly Option<string> format = new("--format")
    {
        Description = $"auto: the first layout that holds every bit. {string.Join(" ", CheckpointFormats.All.Select(format => $"{format.Name}: {format.Holds}."))} " +
            "gptq and awq hold float16 scales: where the recipe's are not, they are rounded, and the folder's results differ from the recipe's in the last digits.",
        DefaultValueFactory = _ => Auto,
    };

    private readonly Option<string?> calibration = new("--calibration", "-c") { Description = "The calibration text of a recipe that names none: microworld, wikitext2, or a text file." };
    private readonly Option<string[]> data = new("--data", "-d") { Description = "A folder with calibration data in its publishers' files.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public QuantizeVerb()
        : base("quantize", "Quantize a model and write it as a checkpoint that others read.",
            "quantize ../shared/models/smollm2-135m-instruct rtn-int4-g64 -o smollm2-int4",
            "quantize microworld-m rtn-int4-g32 -o microworld-m-gptq --format gptq",
            "quantize model.Q4_K.gguf fp32 -o dequantized")
    {
        format.AcceptOnlyFromAmong([Auto, .. CheckpointFormats.All.Select(format => format.Name)]);
        foreach (Symbol symbol in (Symbol[])[model, recipe, output, format, calibration, data, threads, json])
            if (symbol is Argument argument)
                Add(argument);
            else
                Add((Option)symbol);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        Recipe parsed = Recipe.Parse(arguments.GetRequiredValue(recipe));
        if (parsed.Scheme.KeyValueCache is not null)
            throw new RecipeException($"recipe '{parsed}': a checkpoint has no cache; expected the recipe without its -kv part, which 'run --recipe file-kv{parsed.Scheme.KeyValueCache.Bits}' adds.");
        ModelLocation location = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model)));
        terminal.Say($"quantizing {location.Name} as {parsed}");
        using Kernels kernels = Kernels.Create(arguments.GetValue(threads) ?? 0);
        var settings = EvalSettings.FromEnvironment();
        settings = settings with { Calibration = arguments.GetValue(calibration) ?? settings.Calibration, Data = arguments.GetValue(data) is { Length: > 0 } named ? named : settings.Data };
        var source = new CalibrationSource(new CalibrationTexts(settings.DataFolders), settings.CalibrationOf(location.Path));
        using DecoderModel loaded = Quantizer.Load(location.Path, parsed, kernels, terminal.Blocks, cancellation, source.Draw, terminal.Say, new QuantizedModelCache(settings.Cache));
        CheckpointFormat? layout = CheckpointFormats.Find(arguments.GetRequiredValue(format));
        string folder = EvalSettings.Resolve(arguments.GetRequiredValue(output), Environment.CurrentDirectory);
        (layout, bool isExact) = CheckpointWriter.Write(loaded, parsed.ToString(), layout, folder,
            (done, total) => terminal.Progress($"{Megabytes(done)} of {Megabytes(total)} MB written"), cancellation);
        Print(loaded, layout, isExact, folder, arguments.GetValue(json), terminal);
        return ExitCode.Done;
    }

    private static void Print(DecoderModel model, CheckpointFormat layout, bool isExact, string folder, bool asJson, Terminal terminal)
    {
        string name = model.Linears.All(weight => weight.Panels is DensePanels) ? "safetensors" : layout.Name;
        if (asJson)
        {
            terminal.WriteJson(new { folder, format = name, exact = isExact, bits_per_weight = model.BitsPerWeight });
            return;
        }
        terminal.Out.WriteLine($"{folder}: {name} layout, {model.BitsPerWeight.ToString("0.###", CultureInfo.InvariantCulture)} bits a weight, "
            + (isExact ? "equal to the recipe in every bit" : "scales rounded to float16: its results differ from the recipe's in the last digits"));
        terminal.Out.WriteLine($"evaluate it: quantsuite run --model {folder} --recipe file");
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture);
}
