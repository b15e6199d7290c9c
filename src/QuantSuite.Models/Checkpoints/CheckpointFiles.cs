namespace QuantSuite.Models.Checkpoints;

/// <summary>Finds the tensor files of a model: what a user may name is a folder, a .gguf file, or a .safetensors file.</summary>
public static class CheckpointFiles
{
    private const string Single = "model.safetensors";

    /// <summary>
    /// Opens a checkpoint. A folder holds <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> with its shards, or exactly one <c>.gguf</c> file, in this
    /// order; its config.json, where there is one, describes the model. A <c>.gguf</c> file alone describes itself; a lone <c>.safetensors</c> takes config.json from beside it.
    /// </summary>
    /// <exception cref="CheckpointException">There is no such thing, or it is malformed; <see cref="CheckpointException.Flaw"/> tells the kind.</exception>
    public static Checkpoint Open(string path)
    {
        if (Directory.Exists(path))
            return OpenFolder(path);
        if (!File.Exists(path))
            throw new CheckpointException(CheckpointFlaw.NotFound, $"{path}: no such model; expected a folder with {Single}, {SafetensorsIndex.FileName} or one .gguf file, or a .gguf or .safetensors file{Siblings(path)}.");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".gguf" => GgufCheckpoint.Open(path, path, configPath: null),
            ".safetensors" => SafetensorsCheckpoint.Open(path, path, ConfigIn(Path.GetDirectoryName(path)!)),
            _ => throw new CheckpointException(CheckpointFlaw.NotFound, $"{path}: not a checkpoint by its name; expected a folder, a .gguf or a .safetensors file."),
        };
    }

    private static Checkpoint OpenFolder(string folder)
    {
        string config = ConfigIn(folder);
        if (File.Exists(Path.Combine(folder, Single)))
            return SafetensorsCheckpoint.Open(folder, Path.Combine(folder, Single), config);
        if (File.Exists(Path.Combine(folder, SafetensorsIndex.FileName)))
            return SafetensorsCheckpoint.OpenSharded(folder, config);
        string[] ggufs = Directory.GetFiles(folder, "*.gguf").Order(StringComparer.Ordinal).ToArray();
        return ggufs.Length == 1
            ? GgufCheckpoint.Open(folder, ggufs[0], File.Exists(config) ? config : null)
            : throw new CheckpointException(CheckpointFlaw.NotFound, NothingIn(folder, ggufs));
    }

    private static string NothingIn(string folder, string[] ggufs)
    {
        if (ggufs.Length > 1)
            return $"{folder}: {ggufs.Length} .gguf files ({string.Join(", ", ggufs.Take(4).Select(Path.GetFileName))}{(ggufs.Length > 4 ? ", …" : "")}), which one is meant? Name the file itself.";
        string[] files = Directory.GetFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal).ToArray();
        string found = files.Length == 0 ? "the folder is empty" : $"found {string.Join(", ", files.Take(8))}{(files.Length > 8 ? ", …" : "")}";
        string remedy = files.Any(file => file.EndsWith(".bin", StringComparison.Ordinal) || file.EndsWith(".pt", StringComparison.Ordinal) || file.EndsWith(".pth", StringComparison.Ordinal))
            ? " Pickled PyTorch weights are not read: convert them to safetensors."
            : "";
        return $"{folder}: no weights; looked for {Single}, {SafetensorsIndex.FileName} and one .gguf file; {found}.{remedy}";
    }

    /// <summary>What lies where a model was looked for, so that a slip of the pen is seen at once.</summary>
    private static string Siblings(string path)
    {
        string? parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(parent))
            return $"; {parent} does not exist either";
        string[] names = Directory.GetFileSystemEntries(parent).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? $"; {parent} is empty" : $"; {parent} holds {string.Join(", ", names.Take(8))}{(names.Length > 8 ? ", …" : "")}";
    }

    private static string ConfigIn(string folder) => Path.Combine(folder, "config.json");
}
