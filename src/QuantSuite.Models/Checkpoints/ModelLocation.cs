using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// A model on disk, found without loading it: its name (the folder's, or the file's without extension), where it lies, and its architecture. Listing
/// thousands of rows costs one small config.json a model.
/// </summary>
/// <param name="Name">As it stands in traits and baseline paths.</param>
/// <param name="Path">A folder, or a <c>.gguf</c> file.</param>
/// <param name="Family">config.json's <c>model_type</c>, or GGUF's <c>general.architecture</c>.</param>
public sealed record ModelLocation(string Name, string Path, string Family)
{
    /// <summary>The scheme of a model that came quantized (<see cref="QuantizedLayout.Scheme"/>), or null. Read from its configuration, or a GGUF file's head, at every call.</summary>
    /// <exception cref="CheckpointException">It came quantized in a way that cannot be read.</exception>
    public string? ReadScheme()
    {
        string config = System.IO.Path.Combine(Path, "config.json");
        if (File.Exists(config) && !Directory.EnumerateFiles(Path).Any(IsGguf))
            return QuantizedLayouts.Of(ModelConfig.Read(config))?.Scheme;
        using Checkpoint checkpoint = CheckpointFiles.Open(Path);
        return checkpoint.Layout?.Scheme;
    }

    /// <summary>The model at a path: a folder with config.json, a folder with a <c>.gguf</c> file, or a <c>.gguf</c> file.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static ModelLocation Open(string path) =>
        TryOpen(path) ?? throw new CheckpointException(Directory.Exists(path)
            ? $"{path}: no model in this folder; expected config.json with model_type and weights, or a .gguf file."
            : $"{path}: no such model. A model is a folder (config.json, tokenizer.json, *.safetensors or *.gguf) or a .gguf file.");

    /// <summary>The model at a path, or, where the path is a folder of models, all of them in ordinal order.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static IReadOnlyList<ModelLocation> Find(string path)
    {
        if (TryOpen(path) is { } single)
            return [single];
        if (!Directory.Exists(path))
            throw new CheckpointException($"{path}: no such folder. Name a model, or a folder that holds models.");
        var found = Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal).Select(TryOpen).OfType<ModelLocation>().ToList();
        return found.Count > 0 ? found : throw new CheckpointException($"{path}: no model in this folder or directly below it; expected config.json with model_type, or a .gguf file.");
    }

    private static ModelLocation? TryOpen(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(full))
            return IsGguf(full) ? new ModelLocation(System.IO.Path.GetFileNameWithoutExtension(full), full, GgufFamily(full)) : null;
        if (!Directory.Exists(full))
            return null;
        string name = System.IO.Path.GetFileName(full);
        string config = System.IO.Path.Combine(full, "config.json");
        if (File.Exists(config))
            return new ModelLocation(name, full, ConfigFamily(config));
        (string[] models, string? projector) = CheckpointFiles.GgufFilesIn(full);
        return models.Length == 0 ? null : new ModelLocation(name, full, GgufFamily(projector is null ? models[0] : full));
    }

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static string ConfigFamily(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return new ModelConfig(json.RootElement).ModelType;
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"{path}: not valid JSON: {exception.Message}", exception);
        }
        catch (CheckpointException exception)
        {
            throw new CheckpointException($"{path}: {exception.Message}", exception);
        }
    }

    private static string GgufFamily(string path)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(path);
        return checkpoint.Config.ModelType;
    }
}
