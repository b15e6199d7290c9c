using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization;

/// <summary>
/// The only loop over blocks: it decides for every weight of a model how it is stored. Weights are read from the memory-mapped checkpoint one at a time, so that memory holds the
/// packed model and a single weight in float32.
/// </summary>
public static class Quantizer
{
    /// <summary>Opens a model (a folder or a .gguf file) and stores its weights as the recipe says.</summary>
    /// <param name="path">Where the checkpoint lies.</param>
    /// <param name="recipe">What to do.</param>
    /// <param name="kernels">What it will run on; the caller owns them.</param>
    /// <param name="progress">Told of every block that is done.</param>
    /// <param name="cancellation">Stops between two weights.</param>
    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    public static DecoderModel Load(string path, Recipe recipe, Kernels kernels, IProgress<QuantizationProgress>? progress = null, CancellationToken cancellation = default)
    {
        Checkpoint checkpoint = CheckpointFiles.Open(path);
        try
        {
            Architecture architecture = ModelFamilies.For(checkpoint.Config).Build(checkpoint);
            Store(architecture, recipe, progress, cancellation);
            var tokenizer = new Lazy<Tokenizer>(() => TokenizerFiles.Load(path));
            return new DecoderModel(NameOf(path), architecture, kernels, () => tokenizer.Value,
                () => new ModelIdentity(checkpoint.ContentHash, tokenizer.Value.ContentHash, recipe.ToString(), "", EngineIdentity.Hash), checkpoint)
            {
                KeyValueFormat = recipe.Scheme.KeyValueCache,
                KeyValueGroup = recipe.Scheme.KeyValueGroup,
            };
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

    private static void Store(Architecture architecture, Recipe recipe, IProgress<QuantizationProgress>? progress, CancellationToken cancellation)
    {
        architecture.Embedding.StoreDense();
        if (architecture.Head != architecture.Embedding)
            architecture.Head.StoreDense();
        for (int i = 0; i < architecture.Blocks.Count; i++)
        {
            Weight[] linears = [.. architecture.Blocks[i].Linears];
            cancellation.ThrowIfCancellationRequested();
            foreach (Weight weight in linears)
                Store(weight, recipe);
            progress?.Report(new QuantizationProgress(i + 1, architecture.Blocks.Count));
        }
    }

    private static void Store(Weight weight, Recipe recipe)
    {
        if (recipe.IsFullPrecision)
        {
            weight.StoreDense((FloatingFormat)recipe.Scheme.Weights);
            return;
        }
        using Matrix values = weight.Read();
        weight.Store(recipe.Steps[^1].Round(values, recipe.Scheme), recipe.Scheme.Activations);
    }
}

/// <summary>How far quantization is.</summary>
public readonly record struct QuantizationProgress(int DoneBlockCount, int BlockCount);
