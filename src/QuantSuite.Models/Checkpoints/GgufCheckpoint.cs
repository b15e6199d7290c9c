namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// A GGUF file. Where its architecture is known (<see cref="GgufArchitectures"/>), tensors have Hugging Face's names and layout and the metadata gives a
/// <see cref="ModelConfig"/>; any other file can be opened and inspected by its own names. Quantized blocks are dequantized as they are read.
/// </summary>
public sealed class GgufCheckpoint : Checkpoint
{
    private readonly string? configPath;
    private readonly GgufArchitecture? architecture;
    private readonly GgufFile file;
    private readonly Lazy<ModelConfig> config;

    private GgufCheckpoint(string path, string? configPath, MappedFile mapped, GgufFile file, GgufArchitecture? architecture)
        : base(path, [mapped], architecture?.Rename(mapped.Path, file) ?? file.Tensors, file.Metadata)
    {
        this.configPath = configPath;
        this.architecture = architecture;
        this.file = file;
        config = new Lazy<ModelConfig>(() => configPath is not null ? ModelConfig.Read(configPath) : BuildConfig());
    }

    /// <inheritdoc/>
    public override string Format => "gguf";

    /// <inheritdoc/>
    public override bool HasConfig => configPath is not null
        || architecture is not null && Metadata.ContainsKey($"{architecture.Name}.block_count");

    /// <inheritdoc/>
    public override ModelConfig Config => config.Value;

    /// <summary>Opens a file as <paramref name="path"/> (its folder or itself); config.json, where given, stands before the metadata.</summary>
    internal static GgufCheckpoint Open(string path, string filePath, string? configPath)
    {
        var mapped = new MappedFile(filePath);
        try
        {
            var file = new GgufFile(mapped);
            return new GgufCheckpoint(path, configPath, mapped, file, GgufArchitectures.Of(file));
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    internal override void WriteMetadata(string filePath)
    {
        using FileStream stream = File.Create(filePath);
        file.WriteValues(stream);
    }

    private protected override QuantizedLayout? FindLayout(IEnumerable<StoredTensor> tensors) => GgufLayout.Of(tensors);

    private protected override bool HasWholeGains => architecture is { HasWholeGains: true };

    private static string Supported => string.Join(", ", GgufArchitectures.All.Select(known => known.Name));

    private ModelConfig BuildConfig() => architecture?.ConfigOf(this) ?? Metadata.GetValueOrDefault("general.architecture") switch
    {
        LlavaGguf.Architecture => throw Wrong(CheckpointFlaw.Architecture, "this is the tower and projector of a model that sees; name the folder that holds it and the language model's file"),
        string other => throw Wrong(CheckpointFlaw.Architecture, $"architecture '{other}' cannot be read from GGUF yet; supported: {Supported}"),
        null => throw Wrong(CheckpointFlaw.Architecture, $"no general.architecture in the metadata, expected one of {Supported}"),
        object value => throw Wrong(CheckpointFlaw.Type, $"general.architecture is {value} ({value.GetType().Name}), expected a string"),
    };

    private CheckpointException Wrong(CheckpointFlaw flaw, string what) => new(flaw, $"{Path}: {what}.");
}
