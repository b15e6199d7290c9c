namespace QuantSuite.Models.Checkpoints;

/// <summary>Finds the tensor files of a model: what a user may name is a folder, a .gguf file, or a .safetensors file.</summary>
public static class CheckpointFiles
{
    private const string Single = "model.safetensors";

    /// <summary>
    /// Opens a checkpoint. A folder holds <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> with its shards, or exactly one <c>.gguf</c>
    /// file (or two, of which one is LLaVA's tower and projector), or exactly one <c>.safetensors</c> of another name (AutoGPTQ's <c>gptq_model-4bit-128g</c>), in this order; its config.json,
    /// where there is one, describes the model. A <c>.gguf</c> file alone describes itself; a lone
    /// <c>.safetensors</c> takes config.json from beside it.
    /// </summary>
    /// <exception cref="CheckpointException">There is no such thing, or it is malformed; <see cref="CheckpointException.Flaw"/> tells the kind.</exception>
    public static Checkpoint Open(string path)
    {
        if (Directory.Exists(path))
            return OpenFolder(path);
        if (!File.Exists(path))
            throw NotFound($"{path}: no such model; expected a folder with {Single}, {SafetensorsIndex.FileName} or one .gguf file, "
                + $"or a .gguf or .safetensors file; {Around(path)}.");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".gguf" => GgufCheckpoint.Open(path, path, configPath: null),
            ".safetensors" => SafetensorsCheckpoint.Open(path, path, ConfigIn(Path.GetDirectoryName(path)!)),
            _ => throw NotFound($"{path}: not a checkpoint by its name; expected a folder, a .gguf or a .safetensors file."),
        };
    }

    private static Checkpoint OpenFolder(string folder)
    {
        string config = ConfigIn(folder);
        if (File.Exists(Path.Combine(folder, Single)))
            return SafetensorsCheckpoint.Open(folder, Path.Combine(folder, Single), config);
        if (File.Exists(Path.Combine(folder, SafetensorsIndex.FileName)))
            return SafetensorsCheckpoint.OpenSharded(folder, config);
        string? given = File.Exists(config) ? config : null;
        (string[] files, string? projector) = GgufFilesIn(folder);
        if (files.Length == 0 && Directory.GetFiles(folder, "*.safetensors") is [var named])
            return SafetensorsCheckpoint.Open(folder, named, config);
        return files.Length switch
        {
            1 => projector is null ? GgufCheckpoint.Open(folder, files[0], given) : LlavaGgufCheckpoint.Open(folder, files[0], projector, given),
            0 => throw NotFound($"{folder}: no weights; looked for {Single}, {SafetensorsIndex.FileName} and one .gguf file; "
                + $"{Content(folder)}.{PickleRemedy(folder)}"),
            _ => throw NotFound($"{folder}: {files.Length} .gguf files ({Names(files)}); name the file that is meant."),
        };
    }

    /// <summary>The .gguf files of a folder in ordinal order, and apart from the others the one that is a tower and projector, where it is not the only one.</summary>
    internal static (string[] Models, string? Projector) GgufFilesIn(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder, "*.gguf").Order(StringComparer.Ordinal)];
        string[] projectors = files.Length < 2 ? [] : [.. files.Where(IsProjector)];
        return projectors is [var projector] ? ([.. files.Where(file => file != projector)], projector) : (files, null);
    }

    private static bool IsProjector(string path)
    {
        try
        {
            using var mapped = new MappedFile(path);
            return LlavaGguf.IsOne(new GgufFile(mapped).Metadata);
        }
        catch (CheckpointException)
        {
            return false; // whoever opens it is told
        }
    }

    /// <summary>What lies where a model was looked for, so that a slip of the pen is seen at once.</summary>
    private static string Around(string path)
    {
        string? parent = Path.GetDirectoryName(Path.GetFullPath(path));
        return Directory.Exists(parent) ? Content(parent) : $"{parent} does not exist either";
    }

    private static string Content(string folder)
    {
        string[] entries = [.. Directory.GetFileSystemEntries(folder).Order(StringComparer.Ordinal)];
        return entries.Length == 0 ? $"{folder} is empty" : $"{folder} holds {Names(entries)}";
    }

    private static string Names(string[] paths) => string.Join(", ", paths.Take(8).Select(Path.GetFileName)) + (paths.Length > 8 ? ", …" : "");

    private static string PickleRemedy(string folder) =>
        Directory.GetFiles(folder).Any(file => Path.GetExtension(file) is ".bin" or ".pt" or ".pth")
            ? " Pickled PyTorch weights are not read: convert them to safetensors."
            : "";

    private static string ConfigIn(string folder) => Path.Combine(folder, "config.json");

    private static CheckpointException NotFound(string message) => new(CheckpointFlaw.NotFound, message);
}
