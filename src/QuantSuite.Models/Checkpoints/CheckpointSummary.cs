using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// What <c>inspect</c> shows of a checkpoint, without reading a weight. A file without config.json or of an unknown architecture has a summary too.
/// </summary>
/// <param name="Path">What was opened.</param>
/// <param name="Format">The container, <c>safetensors</c> or <c>gguf</c>.</param>
/// <param name="Architecture">config.json's <c>model_type</c>, else GGUF's <c>general.architecture</c>, else null.</param>
/// <param name="Tokenizer">tokenizer.json's model type (<c>BPE</c>), else GGUF's tokenizer model and pre-tokenizer (<c>gpt2 smollm</c>), else null.</param>
/// <param name="Tensors">All tensors, in natural order (layer 2 before layer 10).</param>
/// <param name="ParameterCount">Values of all tensors; packed codes count as the integers that they are stored in.</param>
/// <param name="ByteCount">Bytes of all tensors.</param>
public sealed record CheckpointSummary(
    string Path, string Format, string? Architecture, string? Tokenizer, IReadOnlyList<TensorInfo> Tensors, long ParameterCount, long ByteCount)
{
    /// <summary>Bits of the file for each parameter, scales counted; 0 where there are no parameters.</summary>
    public double BitsPerWeight => ParameterCount == 0 ? 0 : 8.0 * ByteCount / ParameterCount;

    /// <summary>Tensors, parameters and bytes by type, the largest share first.</summary>
    public IReadOnlyList<TypeShare> Types =>
    [
        .. Tensors.GroupBy(tensor => tensor.Type)
            .Select(group => new TypeShare(group.Key, group.Count(), group.Sum(tensor => tensor.ElementCount), group.Sum(tensor => tensor.ByteCount)))
            .OrderByDescending(share => share.ByteCount).ThenBy(share => share.Type, StringComparer.Ordinal)
    ];

    /// <summary>Summarizes an open checkpoint.</summary>
    /// <exception cref="CheckpointException">Its config.json or tokenizer.json is not JSON.</exception>
    public static CheckpointSummary Of(Checkpoint checkpoint)
    {
        TensorInfo[] tensors = [.. checkpoint.Tensors.Values.OrderBy(tensor => tensor.Name, NaturalOrder)];
        return new CheckpointSummary(checkpoint.Path, checkpoint.Format, ArchitectureOf(checkpoint), TokenizerOf(checkpoint), tensors,
            tensors.Sum(tensor => tensor.ElementCount), tensors.Sum(tensor => tensor.ByteCount));
    }

    private static Comparer<string> NaturalOrder { get; } = Comparer<string>.Create((a, b) => string.CompareOrdinal(Padded(a), Padded(b)));

    /// <summary>A name whose numbers have leading zeros, so that ordinal order is natural order.</summary>
    private static string Padded(string name) => string.Join('.', name.Split('.').Select(part => part.All(char.IsAsciiDigit) ? part.PadLeft(9, '0') : part));

    private static string? ArchitectureOf(Checkpoint checkpoint)
    {
        ModelConfig? config = checkpoint.HasConfig ? checkpoint.Config : null;
        return config?.Has("model_type") == true ? config.ModelType : checkpoint.Metadata.GetValueOrDefault("general.architecture") as string;
    }

    private static string? TokenizerOf(Checkpoint checkpoint)
    {
        string? folder = Directory.Exists(checkpoint.Path) ? checkpoint.Path : System.IO.Path.GetDirectoryName(checkpoint.Path);
        string path = System.IO.Path.Combine(folder ?? "", "tokenizer.json");
        if (checkpoint.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || !File.Exists(path))
            return GgufTokenizer(checkpoint.Metadata);
        JsonElement root = JsonFile.Object(path);
        return root.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.Object
            && model.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : "unknown";
    }

    private static string? GgufTokenizer(IReadOnlyDictionary<string, object> metadata)
    {
        string?[] words = [metadata.GetValueOrDefault("tokenizer.ggml.model") as string, metadata.GetValueOrDefault("tokenizer.ggml.pre") as string];
        string text = string.Join(' ', words.Where(word => word is not null));
        return text.Length == 0 ? null : text;
    }
}

/// <summary>What tensors of one type make up.</summary>
public sealed record TypeShare(string Type, int TensorCount, long ParameterCount, long ByteCount);
