namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// LLaVA in llama.cpp's two files: the language model's, and the one of tower and projector (<see cref="LlavaGguf"/>). Together they are what Hugging Face keeps as one
/// checkpoint, by its names.
/// </summary>
internal sealed class LlavaGgufCheckpoint : Checkpoint
{
    private const string ImageToken = "<image>";

    private readonly GgufCheckpoint language;
    private readonly Lazy<ModelConfig> config;

    private LlavaGgufCheckpoint(string path, string? configPath, GgufCheckpoint language, MappedFile mapped, GgufFile projector, Dictionary<string, StoredTensor> stored)
        : base(path, [.. language.Files, mapped], stored, Merged(language.Metadata, projector.Metadata))
    {
        this.language = language;
        config = new Lazy<ModelConfig>(() => configPath is not null ? ModelConfig.Read(configPath) : LlavaGguf.Config(mapped.Path, projector.Metadata, language.Config, ImageId));
    }

    /// <inheritdoc/>
    public override string Format => "gguf";

    /// <inheritdoc/>
    public override bool HasConfig => true;

    /// <inheritdoc/>
    public override ModelConfig Config => config.Value;

    // Where the vocabulary has no token for an image, one behind it stands for it: its embedding is never read.
    private int ImageId => Array.IndexOf(language.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") as string[] ?? [], ImageToken) is >= 0 and var id ? id : language.Config.Int("vocab_size");

    /// <summary>Opens the two files of a folder.</summary>
    /// <param name="configPath">config.json, which stands before the metadata, or null.</param>
    public static LlavaGgufCheckpoint Open(string folder, string languagePath, string projectorPath, string? configPath)
    {
        GgufCheckpoint language = GgufCheckpoint.Open(languagePath, languagePath, configPath: null);
        MappedFile? mapped = null;
        try
        {
            mapped = new MappedFile(projectorPath);
            var projector = new GgufFile(mapped);
            return new LlavaGgufCheckpoint(folder, configPath, language, mapped, projector, Together(projectorPath, language, projector));
        }
        catch
        {
            mapped?.Dispose();
            language.Dispose();
            throw;
        }
    }

    internal override void WriteMetadata(string filePath) => language.WriteMetadata(filePath);

    private protected override QuantizedLayout? FindLayout(IEnumerable<StoredTensor> tensors) => GgufLayout.Of(tensors);

    private static Dictionary<string, StoredTensor> Together(string projectorPath, GgufCheckpoint language, GgufFile projector)
    {
        IEnumerable<StoredTensor> spoken = language.Tensors.Values.Select(info => language.Stored(info.Name) with { Info = info with { Name = $"language_model.{info.Name}" } });
        var stored = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (StoredTensor tensor in spoken.Concat(LlavaGguf.Rename(projectorPath, projector)))
            if (!stored.TryAdd(tensor.Info.Name, tensor))
                throw new CheckpointException(CheckpointFlaw.Duplicate, $"{projectorPath}: tensor '{tensor.Info.Name}' is there by two names.");
        return stored;
    }

    private static Dictionary<string, object> Merged(IReadOnlyDictionary<string, object> language, IReadOnlyDictionary<string, object> projector)
    {
        var merged = new Dictionary<string, object>(projector, StringComparer.Ordinal);
        foreach ((string key, object value) in language)
            merged[key] = value;
        return merged;
    }
}
