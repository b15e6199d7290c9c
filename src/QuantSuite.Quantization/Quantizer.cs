using System.Runtime.ExceptionServices;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;

namespace QuantSuite.Quantization;

/// <summary>
/// The only loop over blocks: statistics from the hidden states so far, rescale, round, forward. Weights are read from the memory-mapped checkpoint a block at a time, so that memory
/// holds the packed model, one block in float32, and what calibration keeps.
/// </summary>
public sealed class Quantizer
{
    private readonly Recipe recipe;
    private readonly Kernels kernels;
    private readonly Action<string> warn;
    private readonly CalibrationNeeds needs;
    private readonly bool seesQuantizedInputs;
    private readonly UnroundedValues? unrounded;

    private Quantizer(Recipe recipe, Kernels kernels, Action<string> warn, UnroundedValues? unrounded)
    {
        this.unrounded = unrounded;
        this.recipe = recipe;
        this.kernels = kernels;
        this.warn = warn;
        needs = recipe.Needs;
        seesQuantizedInputs = recipe.Steps.Any(step => step.SeesQuantizedInputs);
    }

    /// <summary>Opens a model (a folder or a .gguf file) and stores its weights as the recipe says.</summary>
    /// <param name="path">Where the checkpoint lies.</param>
    /// <param name="recipe">What to do.</param>
    /// <param name="kernels">What it will run on; the caller owns them.</param>
    /// <param name="progress">Told of every block that is done.</param>
    /// <param name="cancellation">Stops between two pieces of work.</param>
    /// <param name="calibration">Makes the calibration tokens for a recipe, the model's tokenizer and the most positions; asked only where a method of the recipe needs them.</param>
    /// <param name="warn">Told what the user should know: a damping that was raised, a linear that saw too few tokens.</param>
    /// <param name="cache">Keeps models of recipes that calibrate, and finds them again; null keeps nothing.</param>
    /// <param name="unrounded">Takes the values that calibrating recipes round, as they stand before; a model of the cache has none.</param>
    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    /// <exception cref="RecipeException">The recipe asks for codes of a checkpoint that has none.</exception>
    /// <exception cref="CalibrationException">The recipe needs calibration text and there is none that can be used.</exception>
    public static DecoderModel Load(string path, Recipe recipe, Kernels kernels, IProgress<QuantizationProgress>? progress = null, CancellationToken cancellation = default,
        Func<Recipe, Tokenizer, int, CalibrationTokens>? calibration = null, Action<string>? warn = null, QuantizedModelCache? cache = null,
        UnroundedValues? unrounded = null)
    {
        Checkpoint checkpoint = CheckpointFiles.Open(path);
        try
        {
            recipe = recipe.For(checkpoint.Layout?.Scheme);
            if (checkpoint.Layout is { } layout && recipe.Filed is null && !recipe.IsFullPrecision)
                warn?.Invoke($"{NameOf(path)} came quantized ({Recipe.FileWord}-{layout.Scheme}): {recipe} rounds its dequantized values, and is to be compared with their fp32.");
            Architecture filed = ModelFamilies.For(checkpoint.Config).Build(checkpoint);
            filed = filed with { HeadRotation = checkpoint.Layout?.HeadRotation(filed.Attention.HeadDim) };
            Architecture architecture = recipe.Steps.Aggregate(filed, (built, step) => step.Prepare(built));
            RequireCacheGroup(recipe, architecture.Attention.HeadDim);
            var tokenizer = new Lazy<Tokenizer>(() => TokenizerFiles.Load(path));
            var quantizer = new Quantizer(recipe, kernels, warn ?? (static _ => { }), unrounded);
            CalibrationTokens? tokens = quantizer.needs == CalibrationNeeds.None ? null : (calibration ?? throw NoText(recipe))(recipe, tokenizer.Value, architecture.MaxLength);
            var identity = new Lazy<ModelIdentity>(() =>
                new ModelIdentity(checkpoint.ContentHash, tokenizer.Value.ContentHash, recipe.ToString(), tokens is null ? "" : $"{tokens.Name} {tokens.ContentHash}", EngineIdentity.Hash));
            string? kept = tokens is null ? null : cache?.PathOf(NameOf(path), identity.Value);
            if (kept is not null && QuantizedModelCache.Find(kept, quantizer.warn) is { } found)
            {
                checkpoint.Dispose();
                checkpoint = found;
                architecture = ModelFamilies.For(found.Config).Build(found) with { HeadRotation = architecture.HeadRotation };
                StoreFiled([.. architecture.Weights], kernels);
                kept = null;
            }
            else
                quantizer.Store(architecture, tokens, progress, cancellation);
            var model = new DecoderModel(NameOf(path), architecture, kernels, () => tokenizer.Value, () => identity.Value, checkpoint)
            {
                KeyValueFormat = recipe.Scheme.KeyValueCache,
                KeyValueGroup = recipe.Scheme.KeyValueGroup,
                Kivi = recipe.KiviFor(architecture.Blocks.Count),
            };
            if (kept is not null)
                QuantizedModelCache.Keep(model, kept, recipe.ToString(), quantizer.warn);
            return model;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>A model's name: the folder's, or the file's without its ending.</summary>
    public static string NameOf(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return File.Exists(full) ? Path.GetFileNameWithoutExtension(full) : Path.GetFileName(full);
    }

    // KIVI's groups of tokens may be longer than a head; a value's group ends with the head then.
    private static void RequireCacheGroup(Recipe recipe, int headDim)
    {
        int group = recipe.Scheme.KeyValueGroup;
        if (group != 0 && headDim % group != 0 && !(recipe.Scheme.KeyValueResidual is not null && group % headDim == 0))
            throw new RecipeException($"recipe '{recipe}': cache groups of {group} do not divide the head dim {headDim}; expected a divisor of {headDim}, or no group for the whole head.");
    }

    private static CalibrationException NoText(Recipe recipe) => new($"Recipe {recipe} calibrates on text, and none was given. Name one (a catalog name or a text file).");

    private void Store(Architecture architecture, CalibrationTokens? tokens, IProgress<QuantizationProgress>? progress, CancellationToken cancellation)
    {
        foreach (Weight weight in new HashSet<Weight> { architecture.Embedding, architecture.Head }.Union(architecture.FullPrecision))
            if (recipe.Filed is null)
                weight.StoreDense();
            else
                weight.StoreFiled();
        int sampleCount = needs.HasFlag(CalibrationNeeds.Samples) ? InputStatistics.SampleSequenceCount : 0;
        using CalibrationPass? pass = tokens is null ? null : new CalibrationPass(architecture, tokens, kernels, sampleCount);
        for (int i = 0; i < architecture.Blocks.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (pass is null)
                foreach (Weight weight in architecture.Blocks[i].Linears)
                    Store(weight);
            else
                Calibrate(architecture.Blocks[i], i == architecture.Blocks.Count - 1, pass, cancellation);
            progress?.Report(new QuantizationProgress(i + 1, architecture.Blocks.Count));
        }
    }

    // The largest first: it is the last one's float32 copy that stands beside the whole model.
    private static void StoreFiled(Weight[] weights, Kernels kernels)
    {
        Weight[] ordered = [.. weights.OrderByDescending(weight => (long)weight.Rows * weight.Columns)];
        try
        {
            kernels.Parallel(ordered.Length, i => ordered[i].StoreFiled());
        }
        catch (AggregateException failure) when (failure.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private void Store(Weight weight)
    {
        if (recipe.Filed is not null)
        {
            weight.StoreFiled();
            if (weight.Panels is NestedMatrix store)
                store.Bits = recipe.Bits;
            return;
        }
        if (recipe.SchemeOf(weight.Name).Weights is FloatingFormat full)
        {
            weight.StoreDense(full);
            return;
        }
        using Matrix values = weight.Read();
        Round(weight, values, null);
    }

    private void Round(Weight weight, Matrix values, InputStatistics? inputs)
    {
        QuantScheme scheme = recipe.SchemeOf(weight.Name);
        if (scheme.Weights is FloatingFormat full)
        {
            weight.Store(new DensePanels(values, full));
            return;
        }
        RequireFinite(weight, values);
        var linear = new LinearRounding { Name = weight.Name, Weight = values, Scheme = scheme, Inputs = inputs, Kernels = kernels, Warn = text => warn($"{weight.Name}: {text}") };
        float? scale = scheme is { Activations: IntegerFormat format } && scheme.ActivationGranularity == Granularity.Tensor ? inputs!.AbsMax.Max() / (format.MiddleCode - 1) : null;
        weight.Store(recipe.Steps[^1].Round(linear), scheme.Activations, scale);
    }

    // Whatever the method and format: NaN has no code, and one infinity makes the scale of its group infinite.
    private void RequireFinite(Weight weight, Matrix values)
    {
        int count = 0, first = 0;
        for (int i = values.Span.Length - 1; i >= 0; i--)
            if (!float.IsFinite(values.Span[i]))
                (count, first) = (count + 1, i);
        if (count > 0)
            throw new CheckpointException(CheckpointFlaw.NotFinite,
                $"{weight.Name}: {count} of {values.Span.Length} weights to be quantized by {recipe} are not finite, the first, row {first / values.Columns} column {first % values.Columns}, " +
                $"is {(float.IsNaN(values.Span[first]) ? "NaN" : "infinite")}; expected numbers. The checkpoint's values, or a rotation or rescaling of them, overflow: " +
                $"fetch the checkpoint again, or leave the linear as it is ([{weight.Name}=fp32]).");
    }

    private void Calibrate(DecoderBlock block, bool isLast, CalibrationPass pass, CancellationToken cancellation)
    {
        var values = new Dictionary<Weight, Matrix>();
        var inputs = new Dictionary<LinearGroup, InputStatistics>();
        try
        {
            foreach (Weight weight in block.Linears.Concat(block.Routers))
            {
                values[weight] = weight.Read();
                weight.Store(new DensePanels(values[weight], NumericFormats.Fp32));
            }
            foreach (LinearGroup group in block.Groups)
                inputs[group] = new InputStatistics(group.Weights[0].Columns, needs);
            pass.Run(block, keep: !seesQuantizedInputs, (group, x) => Add(inputs[group], group, x), cancellation);
            foreach (QuantizationMethod step in recipe.Steps)
                step.Rescale(new BlockCalibration(block, values, inputs, pass.Samples, weight => recipe.SchemeOf(weight.Name)));
            foreach (Weight weight in block.Routers)
                weight.Store(new DensePanels(values[weight], NumericFormats.Fp32));
            foreach (LinearGroup group in block.Groups)
                foreach (Weight weight in group.Weights)
                {
                    cancellation.ThrowIfCancellationRequested();
                    unrounded?.Keep(weight, values[weight]);
                    Round(weight, values[weight], inputs[group]);
                }
            if (seesQuantizedInputs && !isLast)
                pass.Run(block, keep: true, null, cancellation);
        }
        finally
        {
            foreach (Matrix matrix in values.Values)
                matrix.Dispose();
            foreach (InputStatistics statistics in inputs.Values)
                statistics.Dispose();
        }
    }

    private void Add(InputStatistics statistics, LinearGroup group, Matrix x)
    {
        statistics.Add(x, kernels);
        if (!statistics.IsFinite)
            throw new CalibrationException($"The inputs of {group.Weights[0].Name} are not finite on the calibration text: got NaN or infinity, expected numbers. " +
                "The checkpoint's weights, or a rescaling before this layer, overflow; run it in full precision to see where.");
    }
}

/// <summary>How far quantization is.</summary>
public readonly record struct QuantizationProgress(int DoneBlockCount, int BlockCount);
