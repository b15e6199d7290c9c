using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// What llama.cpp's converter does to a Llama checkpoint, undone: tensors get Hugging Face's names back; the rows of q and k, which the converter puts into the
/// order of interleaved rotary pairs head by head, are read in their old order; metadata becomes config.json's keys.
/// </summary>
internal static class LlamaGguf
{
    /// <summary>The value of <c>general.architecture</c> (Mistral's files carry it too).</summary>
    public const string Architecture = "llama";

    private static readonly FrozenDictionary<string, string> Tops = new Dictionary<string, string>
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Parts = new Dictionary<string, string>
    {
        ["attn_norm"] = "input_layernorm",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["ffn_norm"] = "post_attention_layernorm",
        ["ffn_gate"] = "mlp.gate_proj",
        ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    }.ToFrozenDictionary();

    /// <summary>Tensors by Hugging Face's names; one whose name means nothing here keeps it, and a model will call it extra.</summary>
    public static Dictionary<string, StoredTensor> Rename(string path, GgufFile file)
    {
        var renamed = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (StoredTensor tensor in file.Tensors.Values)
        {
            string name = HuggingFaceName(tensor.Info.Name, out string part);
            int headLength = part switch
            {
                "attn_q" => HeadLength(path, file.Metadata, tensor, "llama.attention.head_count"),
                "attn_k" => HeadLength(path, file.Metadata, tensor, "llama.attention.head_count_kv", "llama.attention.head_count"),
                _ => 0,
            };
            if (!renamed.TryAdd(name, tensor with { Info = tensor.Info with { Name = name }, RowOrder = headLength == 0 ? null : GgufRowOrder.Interleaved(headLength) }))
                throw new CheckpointException(CheckpointFlaw.Duplicate, $"{path}: tensor '{tensor.Info.Name}' is there by two names.");
        }
        return renamed;
    }

    /// <summary>config.json's keys from metadata.</summary>
    public static ModelConfig Config(string path, IReadOnlyDictionary<string, object> metadata, IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        var numbers = new GgufNumbers(path, metadata);
        int heads = numbers.Require("llama.attention.head_count"), hidden = numbers.Require("llama.embedding_length");
        int headDim = numbers.Find("llama.attention.key_length") ?? hidden / Math.Max(1, heads);
        if (numbers.Find("llama.attention.value_length") is { } valueLength && valueLength != headDim)
            throw new CheckpointException(CheckpointFlaw.Metadata, $"{path}: keys of {headDim} and values of {valueLength} per head; expected the same.");

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model_type", "llama");
            json.WriteNumber("hidden_size", hidden);
            json.WriteNumber("num_hidden_layers", numbers.Require("llama.block_count"));
            json.WriteNumber("num_attention_heads", heads);
            json.WriteNumber("num_key_value_heads", numbers.Find("llama.attention.head_count_kv") ?? heads);
            json.WriteNumber("head_dim", headDim);
            json.WriteNumber("intermediate_size", numbers.Require("llama.feed_forward_length"));
            json.WriteString("hidden_act", "silu");
            json.WriteNumber("rms_norm_eps", numbers.RequireFloat("llama.attention.layer_norm_rms_epsilon"));
            json.WriteNumber("rope_theta", numbers.FindFloat("llama.rope.freq_base") ?? 10000);
            WriteRopeScaling(json, numbers, metadata);
            if (numbers.Find("llama.rope.dimension_count") is { } rotated && rotated != headDim)
                json.WriteNumber("partial_rotary_factor", (double)rotated / headDim);
            json.WriteNumber("vocab_size", VocabularySize(numbers, metadata, tensors));
            json.WriteNumber("max_position_embeddings", numbers.Require("llama.context_length"));
            json.WriteBoolean("tie_word_embeddings", !tensors.ContainsKey("lm_head.weight"));
            json.WriteBoolean("attention_bias", tensors.ContainsKey("model.layers.0.self_attn.q_proj.bias"));
            json.WriteBoolean("mlp_bias", tensors.ContainsKey("model.layers.0.mlp.gate_proj.bias"));
            if (numbers.Find("tokenizer.ggml.bos_token_id") is { } bos)
                json.WriteNumber("bos_token_id", bos);
            if (numbers.Find("tokenizer.ggml.eos_token_id") is { } eos)
                json.WriteNumber("eos_token_id", eos);
            json.WriteEndObject();
        }
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return new ModelConfig(document.RootElement);
    }

    private static string HuggingFaceName(string name, out string part)
    {
        part = "";
        int dot = name.LastIndexOf('.');
        if (dot < 0 || name[dot..] is not (".weight" or ".bias"))
            return name;
        if (Tops.TryGetValue(name[..dot], out string? top))
            return top + name[dot..];
        string[] pieces = name[..dot].Split('.');
        if (pieces is not ["blk", string layer, string key] || !layer.All(char.IsAsciiDigit) || !Parts.TryGetValue(key, out string? known))
            return name;
        part = key;
        return $"model.layers.{layer}.{known}{name[dot..]}";
    }

    /// <summary>Rows of one head of a tensor of queries or keys.</summary>
    /// <param name="keys">Metadata keys of the number of heads; the first that is there.</param>
    internal static int HeadLength(string path, Dictionary<string, object> metadata, StoredTensor tensor, params ReadOnlySpan<string> keys)
    {
        var numbers = new GgufNumbers(path, metadata);
        int? heads = null;
        foreach (string key in keys)
            heads ??= numbers.Find(key);
        if (heads is null)
            throw new CheckpointException(CheckpointFlaw.Metadata,
                $"{path}: {keys[0]} is missing; the rows of '{tensor.Info.Name}' cannot be put in order without it.");
        long rows = tensor.Info.RowCount;
        return heads > 0 && rows % (2L * heads.Value) == 0 && rows / heads.Value <= int.MaxValue
            ? (int)(rows / heads.Value)
            : throw new CheckpointException(CheckpointFlaw.Shape,
                $"{path}: tensor '{tensor.Info.Name}' has {rows} rows, which {heads} heads ({keys[0]}) cannot share in pairs.");
    }

    /// <summary>rope_scaling from the metadata, for an architecture.</summary>
    internal static void WriteRopeScaling(Utf8JsonWriter json, GgufNumbers numbers, IReadOnlyDictionary<string, object> metadata, string architecture = Architecture)
    {
        if (metadata.GetValueOrDefault($"{architecture}.rope.scaling.type") is not string type || type == "none")
            return;
        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", type);
        if (numbers.FindFloat($"{architecture}.rope.scaling.factor") is { } factor)
            json.WriteNumber("factor", factor);
        if (numbers.Find($"{architecture}.rope.scaling.original_context_length") is { } original)
            json.WriteNumber("original_max_position_embeddings", original);
        json.WriteEndObject();
    }

    /// <summary>Ids: the embedding's rows, or what the metadata says.</summary>
    internal static int VocabularySize(GgufNumbers numbers, IReadOnlyDictionary<string, object> metadata, IReadOnlyDictionary<string, TensorInfo> tensors,
        string name = "model.embed_tokens.weight", string architecture = Architecture)
    {
        if (tensors.TryGetValue(name, out TensorInfo? embedding) && embedding.RowCount <= int.MaxValue)
            return (int)embedding.RowCount;
        return numbers.Find($"{architecture}.vocab_size")
            ?? (metadata.GetValueOrDefault("tokenizer.ggml.tokens") as string[])?.Length
            ?? numbers.Require($"{architecture}.vocab_size");
    }
}
