using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Writes a quantized model as a folder: model.safetensors, config.json with a quantization_config, and the other files of the source (tokenizer, generation settings, license).
/// The tokenizer inside a GGUF file comes along as tokenizer.gguf: that file's metadata without its tensors.
/// The folder is made under a name of its own and renamed when it is whole; an existing one is never touched.
/// </summary>
public static class CheckpointWriter
{
    private const string Weights = "model.safetensors", Config = "config.json", GgufTokenizer = "tokenizer.gguf";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes a model.</summary>
    /// <param name="model">The model, quantized as it is to be written.</param>
    /// <param name="recipe">What made it, for those who read the file.</param>
    /// <param name="format">The layout; null for the first that holds every bit.</param>
    /// <param name="folder">The folder to be made.</param>
    /// <param name="progress">Told the bytes done and those to do.</param>
    /// <returns>The layout that was written, and whether it holds every bit.</returns>
    /// <exception cref="CheckpointException">The layout cannot hold the model; nothing was written.</exception>
    /// <exception cref="IOException">The folder exists, or cannot be written; nothing is left of what was.</exception>
    public static (CheckpointFormat Format, bool IsExact) Write(DecoderModel model, string recipe, CheckpointFormat? format, string folder,
        Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(target))
            throw new IOException($"{target} exists already, and nothing is written over; remove it or name another folder.");
        Weight[] quantized = [.. model.Architecture.Weights.Where(IsDescribed)];
        if (Refusal(model) is { } online)
            throw new CheckpointException($"No layout can hold this model: {online}. Name the recipe where the model is used.");
        bool mapsOnline = model.Architecture.HeadRotation is not null || quantized.Any(weight => weight.HasTransforms);
        format ??= mapsOnline ? CheckpointFormats.Own : CheckpointFormats.FirstExact(quantized);
        if (mapsOnline && format != CheckpointFormats.Own)
            throw new CheckpointException($"The {format.Name} layout cannot hold this model: it maps inputs or outputs online. It holds {format.Holds}; '{CheckpointFormats.Own.Name}' holds everything.");
        if (quantized.Length > 0 && format.Refusal(quantized) is { } why)
            throw new CheckpointException($"The {format.Name} layout cannot hold this model: {why}. It holds {format.Holds}; '{CheckpointFormats.Own.Name}' holds everything.");
        WriteFolder(target, partial =>
        {
            CopyFiles(model.Checkpoint.Path, partial);
            if (model.Checkpoint.Format == "gguf" && !File.Exists(Path.Combine(partial, "tokenizer.json")))
                model.Checkpoint.WriteMetadata(Path.Combine(partial, GgufTokenizer));
            string preprocessor = Path.Combine(partial, ImagePreprocessor.FileName);
            if (!File.Exists(preprocessor) && LlavaGguf.Preprocessor(model.Checkpoint.Metadata) is { } colours)
                File.WriteAllText(preprocessor, colours);
            WriteConfig(model, quantized, recipe, format, Path.Combine(partial, Config));
            WriteWeights(model, quantized, recipe, format, Path.Combine(partial, Weights), progress, cancellation);
        });
        return (format, quantized.All(format.IsExact));
    }

    /// <summary>Why no layout holds a model, or null where one does.</summary>
    public static string? Refusal(DecoderModel model) =>
        model.Linears.FirstOrDefault(weight => !StoredTransform.Holds(weight.InputTransform) || !StoredTransform.Holds(weight.OutputTransform)) is not { } weight ? null
            : $"{weight.Name} maps its inputs or outputs by a transform that has no words in a file";

    // What quantization_config has to tell of: the rest are plain values.
    private static bool IsDescribed(Weight weight) => weight.Panels is not DensePanels || weight.HasTransforms;

    private static void WriteFolder(string target, Action<string> write)
    {
        string partial = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.partial");
        try
        {
            Directory.CreateDirectory(partial);
            write(partial);
            Directory.Move(partial, target);
        }
        catch (Exception e)
        {
            TryDelete(partial);
            if (e is not (IOException or UnauthorizedAccessException))
                throw;
            throw new IOException($"{target} cannot be written: {e.Message} Nothing is left of it. Make room or allow writing, and run again.", e);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one that the caller needs to see.
        }
    }

    // What is no weight and no configuration of them: a model's folder is flat. Beside a lone .gguf file lie texts of any model, of which it takes the license at most.
    private static void CopyFiles(string source, string target)
    {
        string? from = Directory.Exists(source) ? source : Path.GetDirectoryName(Path.GetFullPath(source));
        bool isLone = from != source && Path.GetExtension(source).Equals(".gguf", StringComparison.OrdinalIgnoreCase);
        foreach (string file in Directory.EnumerateFiles(from!))
        {
            string name = Path.GetFileName(file);
            bool isLicense = name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase);
            bool isText = Path.GetExtension(name) is ".json" or ".txt" or ".model" or ".tiktoken" or ".jinja" or ".md" || name == GgufTokenizer;
            if ((isLicense || (isText && !isLone)) && name is not (Config or SafetensorsIndex.FileName or OldSettings.Gptq or OldSettings.Awq))
                File.Copy(file, Path.Combine(target, name));
        }
    }

    private static void WriteConfig(DecoderModel model, Weight[] quantized, string recipe, CheckpointFormat format, string path)
    {
        var config = JsonNode.Parse(model.Checkpoint.Config.Root.GetRawText())!.AsObject();
        config.Remove("quantization_config");
        config["tie_word_embeddings"] = model.Architecture.Head == model.Architecture.Embedding; // a rotation unties them
        if (quantized.Length > 0)
        {
            JsonObject settings = format.Settings(quantized, recipe);
            if (model.Architecture.HeadRotation is not null)
                settings["rotates_heads"] = true;
            if (HasWholeGains(model, quantized, format))
                settings["whole_gains"] = true;
            config["quantization_config"] = settings;
        }
        File.WriteAllText(path, config.ToJsonString(Json) + "\n");
    }

    private static void WriteWeights(DecoderModel model, Weight[] quantized, string recipe, CheckpointFormat format, string path, Action<long, long>? progress, CancellationToken cancellation)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt", ["quantsuite.recipe"] = recipe };
        List<NewTensor> tensors = [.. quantized.SelectMany(weight => format.Tensors(weight, quantized)), .. Plain(model, HasWholeGains(model, quantized, format))];
        long total = tensors.Sum(tensor => tensor.ByteCount);
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        SafetensorsWriter.Write(stream, tensors, metadata, done => progress?.Invoke(done, total), cancellation);
        stream.Flush(flushToDisk: true);
    }

    // Our own layout says so; others are read by those who know the architecture alone.
    private static bool HasWholeGains(DecoderModel model, Weight[] quantized, CheckpointFormat format) =>
        quantized.Length > 0 && format == CheckpointFormats.Own && model.Checkpoint.Vectors.Keys.Any(name => model.Checkpoint.OffsetOf(name) != 0);

    // Dense weights as stored, and every vector as it is now: methods may have scaled a norm.
    private static IEnumerable<NewTensor> Plain(DecoderModel model, bool wholeGains)
    {
        foreach (Weight weight in model.Architecture.Weights)
            if (!IsDescribed(weight) && weight.Panels is DensePanels dense)
                yield return weight.IsStoredTransposed ? StorageTensors.Transposed(weight.Name, dense) : StorageTensors.Dense(weight.Name, dense);
        foreach ((string name, float[] read) in model.Checkpoint.Vectors)
        {
            float offset = wholeGains ? 0 : model.Checkpoint.OffsetOf(name);
            float[] values = offset == 0 ? read : Array.ConvertAll(read, value => value - offset);
            yield return NewTensor.OfFloats(name, NewTensor.Lossless(model.Checkpoint.Tensors[name].Type, values), model.Checkpoint.Tensors[name].Shape, () => values);
        }
    }
}
