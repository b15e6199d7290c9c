using System.CommandLine;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary>The argument and options of the verbs that put one model to work.</summary>
internal sealed class ModelOptions
{
    private readonly Argument<string> model = new("model") { Description = "A folder (config.json, tokenizer.json, weights), a .gguf file, or an embedded model's name." };
    private readonly Option<string> recipe = new("--recipe", "-r") { Description = "The recipe, e.g. rtn-int4-g32.", DefaultValueFactory = _ => "fp32" };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(model);
        verb.Add(recipe);
        verb.Add(threads);
    }

    /// <summary>Loads and quantizes the model, and hands it over for as long as the work takes.</summary>
    public int With(ParseResult arguments, Terminal terminal, CancellationToken cancellation, Func<DecoderModel, int> work)
    {
        Recipe parsed = Recipe.Parse(arguments.GetRequiredValue(recipe));
        ModelLocation location = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model)));
        terminal.Say($"loading {location.Name} as {parsed}");
        using Kernels kernels = Kernels.Create(arguments.GetValue(threads) ?? 0);
        using DecoderModel loaded = Quantizer.Load(location.Path, parsed, kernels, terminal.Blocks, cancellation);
        return work(loaded);
    }
}
