using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>quantize</c>: a recipe's model as a checkpoint on disk, which <c>run --recipe file</c> evaluates with the same bits as the recipe.</summary>
public sealed class QuantizeVerb : Verb
{
    private const string Auto = "auto";

    private readonly ModelOptions model;
    private readonly Argument<string> recipe = new("recipe") { Description = "The recipe, e.g. rtn-int4-g128; fp32 dequantizes a checkpoint that came quantized." };
    private readonly Option<string> output = new("--output", "-o") { Description = "The folder to be made; one that exists is left alone.", Required = true };
    private readonly Option<string> format = new("--format")
    {
        Description = $"auto: the first layout that holds every bit. {string.Join(" ", CheckpointFormats.All.Select(format => $"{format.Name}: {format.Holds}."))} " +
            "gptq and awq hold float16 scales: where the recipe's are not, they are rounded, and the folder's results differ from the recipe's in the last digits.",
        DefaultValueFactory = _ => Auto,
    };

    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public QuantizeVerb()
        : base("quantize", "Quantize a model and write it as a checkpoint that others read.",
            "quantize ../shared/models/smollm2-135m-instruct rtn-int4-g64 -o smollm2-int4",
            "quantize microworld-m rtn-int4-g32 -o microworld-m-gptq --format gptq",
            "quantize model.Q4_K.gguf fp32 -o dequantized")
    {
        format.AcceptOnlyFromAmong([Auto, .. CheckpointFormats.All.Select(format => format.Name)]);
        model = new ModelOptions(recipe);
        model.AddTo(this);
        foreach (Option option in (Option[])[output, format, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        Recipe parsed = Recipe.Parse(arguments.GetRequiredValue(recipe));
        if (parsed.Scheme.KeyValueCache is not null)
            throw new RecipeException($"recipe '{parsed}': a checkpoint has no cache; expected the recipe without its -kv part, which 'run --recipe file-kv{parsed.Scheme.KeyValueCache.Bits}' adds.");
        return model.With(arguments, terminal, cancellation, loaded => Write(loaded, parsed, arguments, terminal, cancellation));
    }

    private int Write(DecoderModel loaded, Recipe parsed, ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
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
        if (model.Architecture.Routers.Count() is > 0 and var routers)
            terminal.Out.WriteLine($"{routers} routers of experts stay in full precision");
        terminal.Out.WriteLine($"evaluate it: quantsuite run --model {folder} --recipe file");
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture);
}
