using System.Buffers;
using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// What llama.cpp's converter does to one family, undone: tensors get Hugging Face's names, shapes and order of rows back, metadata becomes config.json's keys.
/// <see cref="GgufArchitectures"/> lists them.
/// </summary>
/// <param name="Name">The value of <c>general.architecture</c>.</param>
/// <param name="ModelType">config.json's <c>model_type</c>.</param>
/// <param name="Tops">Names outside of the blocks, GGUF's to Hugging Face's, without <c>.weight</c>.</param>
/// <param name="Block">What a block's names begin with, <c>{0}</c> for its number.</param>
/// <param name="Parts">Names inside a block.</param>
/// <param name="Config">Writes config.json's keys.</param>
internal sealed record GgufArchitecture(string Name, string ModelType, IReadOnlyDictionary<string, string> Tops, string Block, IReadOnlyDictionary<string, string> Parts,
    Action<GgufConfig> Config)
{
    /// <summary>Whether queries and keys lie in the order of interleaved rotary pairs.</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Whether the fused queries, keys and values lie in blocks, where Hugging Face groups them by head.</summary>
    public bool HasQkvBlocks { get; init; }

    /// <summary>Whether norm gains, which Hugging Face stores less 1, are whole.</summary>
    public bool HasWholeGains { get; init; }

    /// <summary>Names of an expert's linears, <c>{0}</c> for its number: gate, up, down; null where there are none.</summary>
    public (string Gate, string Up, string Down)? Experts { get; init; }

    /// <summary>Tensors by Hugging Face's names; one whose name means nothing here keeps it, and a model will call it extra.</summary>
    public Dictionary<string, StoredTensor> Rename(string path, GgufFile file)
    {
        var renamed = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (StoredTensor tensor in file.Tensors.Values)
            foreach (StoredTensor part in Convert(path, file, tensor))
                if (!renamed.TryAdd(part.Info.Name, part))
                    throw new CheckpointException(CheckpointFlaw.Duplicate, $"{path}: tensor '{tensor.Info.Name}' is there by two names.");
        return renamed;
    }

    /// <summary>config.json's keys from metadata.</summary>
    public ModelConfig ConfigOf(GgufCheckpoint checkpoint)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model_type", ModelType);
            Config(new GgufConfig(json, checkpoint, this));
            json.WriteEndObject();
        }
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return new ModelConfig(document.RootElement);
    }

    /// <summary>A tensor's name before <c>.weight</c> or <c>.bias</c>, and that ending or nothing.</summary>
    public static (string Stem, string Ending) Parted(string name)
    {
        string ending = name.EndsWith(".weight", StringComparison.Ordinal) ? ".weight" : name.EndsWith(".bias", StringComparison.Ordinal) ? ".bias" : "";
        return (name[..^ending.Length], ending);
    }

    private IEnumerable<StoredTensor> Convert(string path, GgufFile file, StoredTensor tensor)
    {
        (string stem, string ending) = Parted(tensor.Info.Name);
        if (Tops.TryGetValue(stem, out string? top))
            return [Named(tensor, top + ending)];
        if (stem.Split('.') is not ["blk", string layer, string part] || !layer.All(char.IsAsciiDigit))
            return [tensor];
        string block = string.Format(System.Globalization.CultureInfo.InvariantCulture, Block, layer);
        if (ExpertName(part) is { } expert)
            return Split(tensor, index => $"{block}.{string.Format(System.Globalization.CultureInfo.InvariantCulture, expert, index)}{ending}");
        if (part == "attn_norm" && file.Tensors.ContainsKey($"blk.{layer}.attn_norm_2.weight"))
            return [Named(tensor, $"{block}.ln_mlp{ending}")]; // Falcon 40B: the first norm is the MLP's
        return Parts.TryGetValue(part, out string? known) ? [Ordered(path, file, Named(tensor, $"{block}.{known}{(known.EndsWith("_bias", StringComparison.Ordinal) ? "" : ending)}"), part)] : [tensor];
    }

    private string? ExpertName(string part) => part switch
    {
        "ffn_gate_exps" => Experts?.Gate,
        "ffn_up_exps" => Experts?.Up,
        "ffn_down_exps" => Experts?.Down,
        _ => null,
    };

    // A convolution's middle dimension of 1 and the row of a lone gate are not in the file; numbers of heads are columns there, a mixer's norm has a row a group, those of heads are in one.
    private static StoredTensor Named(StoredTensor tensor, string name)
    {
        IReadOnlyList<long> shape = tensor.Info.Shape;
        shape = name.EndsWith(".conv1d.weight", StringComparison.Ordinal) && shape is [var channels, var width] ? [channels, 1, width]
            : name.EndsWith(".shared_expert_gate.weight", StringComparison.Ordinal) && shape is [var columns] ? [1, columns]
            : name.EndsWith(".mixer.norm.weight", StringComparison.Ordinal) && shape is [var groups, var each] ? [groups * each]
            : (name.EndsWith(".A", StringComparison.Ordinal) || name.EndsWith(".D", StringComparison.Ordinal)) && shape is [var heads, 1] ? [heads]
            : shape;
        return tensor with { Info = new TensorInfo(name, tensor.Info.Type, shape, tensor.Info.ByteCount) };
    }

    private StoredTensor Ordered(string path, GgufFile file, StoredTensor tensor, string part)
    {
        var numbers = new GgufNumbers(path, file.Metadata);
        if (IsInterleaved && part is "attn_q" or "attn_k")
        {
            string[] keys = part == "attn_q" ? [$"{Name}.attention.head_count"] : [$"{Name}.attention.head_count_kv", $"{Name}.attention.head_count"];
            return tensor with { RowOrder = GgufRowOrder.Interleaved(HeadLength(path, numbers, tensor, keys)) };
        }
        if (!HasQkvBlocks || part != "attn_qkv")
            return tensor;
        int heads = numbers.Require($"{Name}.attention.head_count"), keyHeads = numbers.Find($"{Name}.attention.head_count_kv") ?? heads;
        if (keyHeads < 1 || heads % keyHeads != 0 || tensor.Info.RowCount % (heads + 2 * keyHeads) != 0)
            throw new CheckpointException(CheckpointFlaw.Shape, $"{path}: tensor '{tensor.Info.Name}' has {tensor.Info.RowCount} rows for {heads} heads over {keyHeads}; expected as many for each.");
        return tensor with { RowOrder = GgufRowOrder.Blocks(heads, keyHeads, (int)(tensor.Info.RowCount / (heads + 2 * keyHeads))) };
    }

    // Rows of one head of a tensor of queries or keys; their number stands under the first of the keys that is there.
    private static int HeadLength(string path, GgufNumbers numbers, StoredTensor tensor, string[] keys)
    {
        int heads = keys.Select(key => numbers.Find(key)).FirstOrDefault(count => count is not null) ?? throw new CheckpointException(CheckpointFlaw.Metadata,
            $"{path}: {keys[0]} is missing; the rows of '{tensor.Info.Name}' cannot be put in order without it.");
        long rows = tensor.Info.RowCount;
        return heads > 0 && rows % (2L * heads) == 0 && rows / heads <= int.MaxValue ? (int)(rows / heads)
            : throw new CheckpointException(CheckpointFlaw.Shape, $"{path}: tensor '{tensor.Info.Name}' has {rows} rows, which {heads} heads ({keys[0]}) cannot share in pairs.");
    }

    // [experts, out, in] to a tensor of each.
    private static IEnumerable<StoredTensor> Split(StoredTensor tensor, Func<long, string> nameOf)
    {
        if (tensor.Info.Shape is not [var count, var rows, var columns] || count is < 1 or > 4096 || rows * columns % tensor.Type.BlockLength != 0)
            return [tensor];
        long bytes = tensor.Info.ByteCount / count;
        return Enumerable.Range(0, (int)count).Select(index => tensor with
        {
            Info = new TensorInfo(nameOf(index), tensor.Info.Type, [rows, columns], bytes),
            Offset = tensor.Offset + index * bytes,
        });
    }
}
