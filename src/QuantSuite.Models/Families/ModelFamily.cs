using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Families;

/// <summary>Builds one architecture from config.json and a checkpoint. Its file is named after <c>model_type</c>.</summary>
public abstract class ModelFamily
{
    /// <summary>config.json's <c>model_type</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Checks the configuration and the tensors' names and shapes, and wires the architecture; weights are read later, one by one.</summary>
    /// <exception cref="CheckpointException">A key or tensor is missing, has a wrong shape, or is one that the family does not understand.</exception>
    public abstract Architecture Build(Checkpoint checkpoint);

    /// <summary>
    /// A linear whose tensors are <c>name.weight</c> [rows, columns], or what the checkpoint's <see cref="QuantizedLayout"/> has in its place, and, if <paramref name="bias"/>, <c>name.bias</c> [rows].
    /// </summary>
    protected static Weight Linear(Checkpoint checkpoint, string name, int rows, int columns, bool bias = false)
    {
        float[]? biases = bias ? checkpoint.ReadVector($"{name}.bias", rows) : null;
        if (checkpoint.FindCodes(name, rows, columns) is { } codes)
            return new Weight(name, rows, columns, codes, biases);
        string tensor = $"{name}.weight";
        TensorInfo info = checkpoint.Require(tensor, rows, columns);
        FloatingFormat stored = info.Type switch { "BF16" => NumericFormats.Bf16, "F16" => NumericFormats.Fp16, _ => NumericFormats.Fp32 };
        return new Weight(name, rows, columns, stored, () => checkpoint.ReadMatrix(tensor, rows, columns), biases);
    }

    /// <summary>Throws when config.json has keys that neither the family nor this list knows: they may change the forward pass.</summary>
    protected static void RefuseUnknownKeys(ModelConfig config, string where = "config.json")
    {
        config.Ignore("architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "initializer_range", "use_cache", "bos_token_id", "eos_token_id", "pad_token_id",
            "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop", "_name_or_path", "auto_map", "max_position_embeddings", "is_llama_config", "rope_interleaved",
            "return_dict", "output_attentions", "output_hidden_states", "chunk_size_feed_forward", "id2label", "label2id", "problem_type", "is_encoder_decoder", "add_cross_attention",
            "tokenizer_class", "transformers.js_config");
        if (config.UnreadKeys is { Count: > 0 } unread)
            throw new CheckpointException($"{where}: unknown {(unread.Count == 1 ? "key" : "keys")} {string.Join(", ", unread.Select(key => $"'{key}'"))}, which may change the forward pass. " +
                "Remove what does not matter to this checkpoint, or use a family that knows it.");
    }
}

/// <summary>A wired model: everything a <see cref="DecoderModel"/> runs.</summary>
public sealed record Architecture
{
    /// <summary>config.json's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Token embedding [vocabulary, hidden].</summary>
    public required Weight Embedding { get; init; }

    /// <summary>Output head [vocabulary, hidden]; the embedding itself where they are tied.</summary>
    public required Weight Head { get; init; }

    /// <summary>The layers.</summary>
    public required IReadOnlyList<DecoderBlock> Blocks { get; init; }

    /// <summary>The norm before the head, in place: [tokens, hidden].</summary>
    public required Action<ForwardContext, Matrix> FinalNorm { get; init; }

    /// <summary>The norm before the head as a source of it; null where it is none.</summary>
    public InputSource? HeadSource { get; init; }

    /// <summary>A rotation of each head of queries and keys after RoPE where the cache is quantized (QuaRot's R3), or null.</summary>
    public RowTransform? HeadRotation { get; init; }

    /// <summary>Sizes of the attention layers, for the KV cache.</summary>
    public required AttentionShape Attention { get; init; }

    /// <summary>The most positions.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Ids that end a text, as config.json declares them.</summary>
    public required IReadOnlyList<int> EndIds { get; init; }
}
