using System.CommandLine;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Cli.Verbs;

/// <summary>The argument and options of the verbs that put one model to work.</summary>
/// <param name="recipeArgument">The recipe as an argument of the verb; null takes it as an option.</param>
internal sealed class ModelOptions(Argument<string>? recipeArgument = null)
{
    private readonly Argument<string> model = new("model") { Description = "A folder (config.json, tokenizer.json, weights), a .gguf file, or an embedded model's name." };
    private readonly Option<string> recipe = new("--recipe", "-r") { Description = "The recipe, e.g. rtn-int4-g32.", DefaultValueFactory = _ => "fp32" };
    private readonly Option<string?> calibration = new("--calibration", "-c") { Description = "The calibration text of a recipe that names none: microworld, wikitext2, or a text file." };
    private readonly Option<string[]> data = new("--data", "-d") { Description = "A folder with calibration data in its publishers' files.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(model);
        if (recipeArgument is null)
            verb.Add(recipe);
        else
            verb.Add(recipeArgument);
        verb.Add(calibration);
        verb.Add(data);
        verb.Add(threads);
    }

    /// <summary>Loads and quantizes the model, and hands it over for as long as the work takes.</summary>
    public int With(ParseResult arguments, Terminal terminal, CancellationToken cancellation, Func<DecoderModel, int> work) =>
        With(arguments, terminal, cancellation, (loaded, _) => work(loaded));

    /// <summary>The same for work that reads calibration text.</summary>
    public int With(ParseResult arguments, Terminal terminal, CancellationToken cancellation, Func<DecoderModel, CalibrationSource, int> work)
    {
        Recipe parsed = Recipe.Parse(recipeArgument is null ? arguments.GetRequiredValue(recipe) : arguments.GetRequiredValue(recipeArgument));
        ModelLocation location = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model)));
        terminal.Say($"{(recipeArgument is null ? "loading" : "quantizing")} {location.Name} as {parsed}");
        using Kernels kernels = Kernels.Create(arguments.GetValue(threads) ?? 0);
        ModelLoader models = Loader(arguments, terminal);
        using DecoderModel loaded = models.Load(location.Path, parsed, kernels, terminal.Blocks, cancellation);
        return work(loaded, models.Calibration!);
    }

    /// <summary>The same model under another recipe, on the kernels of the one that is loaded.</summary>
    public T Beside<T>(DecoderModel loaded, Recipe other, ParseResult arguments, Terminal terminal, CancellationToken cancellation, Func<DecoderModel, T> work)
    {
        string path = ModelLocation.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(model))).Path;
        using DecoderModel beside = Loader(arguments, terminal).Load(path, other, loaded.Kernels, terminal.Blocks, cancellation);
        return work(beside);
    }

    private ModelLoader Loader(ParseResult arguments, Terminal terminal)
    {
        var settings = EvalSettings.FromEnvironment();
        settings = settings with { Calibration = arguments.GetValue(calibration) ?? settings.Calibration, Data = arguments.GetValue(data) is { Length: > 0 } named ? named : settings.Data };
        return new ModelLoader(settings.DataFolders, settings.CalibrationOf, settings.Cache, terminal.Say);
    }
}
