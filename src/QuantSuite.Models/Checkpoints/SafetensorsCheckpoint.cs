namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Tensors of one .safetensors file, or of the shards that an index names. The index decides which shard a tensor comes from; a tensor that lies in a shard
/// without being named is kept in the list, so that a model which has no place for it says so.
/// </summary>
public sealed class SafetensorsCheckpoint : Checkpoint
{
    private readonly string configPath;
    private readonly Lazy<ModelConfig> config;

    private SafetensorsCheckpoint(
        string path, string configPath, IReadOnlyList<MappedFile> files, Dictionary<string, StoredTensor> stored, IReadOnlyDictionary<string, object> metadata)
        : base(path, files, stored, metadata)
    {
        this.configPath = configPath;
        config = new Lazy<ModelConfig>(() => ModelConfig.Read(configPath));
    }

    /// <inheritdoc/>
    public override string Format => "safetensors";

    /// <inheritdoc/>
    public override bool HasConfig => File.Exists(configPath);

    /// <inheritdoc/>
    public override ModelConfig Config => HasConfig
        ? config.Value
        : throw new CheckpointException(CheckpointFlaw.NotFound,
            $"{Path}: no config.json (looked for {configPath}), which says what model the tensors are; put it beside them.");

    /// <summary>One file, as <paramref name="path"/> (a folder or the file).</summary>
    internal static SafetensorsCheckpoint Open(string path, string file, string configPath)
    {
        var mapped = new MappedFile(file);
        return Load(path, configPath, [mapped], metadata => SafetensorsHeader.Read(mapped, metadata).ToDictionary(tensor => tensor.Info.Name));
    }

    /// <summary>The shards of an index.</summary>
    internal static SafetensorsCheckpoint OpenSharded(string folder, string configPath)
    {
        string indexPath = System.IO.Path.Combine(folder, SafetensorsIndex.FileName);
        Dictionary<string, string> index = SafetensorsIndex.Read(indexPath);
        var shards = new List<MappedFile>();
        return Load(folder, configPath, shards, metadata => ReadShards(folder, indexPath, index, shards, metadata));
    }

    private static SafetensorsCheckpoint Load(
        string path, string configPath, IReadOnlyList<MappedFile> files, Func<Dictionary<string, object>, Dictionary<string, StoredTensor>> read)
    {
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal);
        try
        {
            return new SafetensorsCheckpoint(path, configPath, files, read(metadata), metadata);
        }
        catch
        {
            foreach (MappedFile file in files)
                file.Dispose();
            throw;
        }
    }

    private static Dictionary<string, StoredTensor> ReadShards(
        string folder, string indexPath, Dictionary<string, string> index, List<MappedFile> shards, Dictionary<string, object> metadata)
    {
        var stored = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (string shard in index.Values.Distinct().Order(StringComparer.Ordinal))
        {
            string shardPath = System.IO.Path.Combine(folder, shard);
            if (!File.Exists(shardPath))
                throw new CheckpointException(CheckpointFlaw.MissingShard, $"{indexPath}: shard '{shard}' is not in the folder; fetch it.");
            var file = new MappedFile(shardPath);
            shards.Add(file);
            foreach (StoredTensor tensor in SafetensorsHeader.Read(file, metadata))
                if (!index.TryGetValue(tensor.Info.Name, out string? home) ? stored.TryAdd(tensor.Info.Name, tensor) : home == shard)
                    stored[tensor.Info.Name] = tensor;
        }
        foreach ((string name, string shard) in index)
            if (!stored.ContainsKey(name))
                throw new CheckpointException(CheckpointFlaw.MissingTensor,
                    $"{indexPath}: tensor '{name}' is not in its shard '{shard}'; fetch index and shards again.");
        return stored;
    }
}
