using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Writes config.json's keys from a GGUF file's metadata and tensors.</summary>
internal sealed class GgufConfig(Utf8JsonWriter json, GgufCheckpoint checkpoint, GgufArchitecture architecture)
{
    private readonly GgufNumbers numbers = new(checkpoint.Path, checkpoint.Metadata);

    /// <summary>A whole number that must be there.</summary>
    public int Require(string suffix) => numbers.Require($"{architecture.Name}.{suffix}");

    /// <summary>A whole number, or null.</summary>
    public int? Find(string suffix) => numbers.Find($"{architecture.Name}.{suffix}");

    /// <summary>A number, or null.</summary>
    public float? FindFloat(string suffix) => numbers.FindFloat($"{architecture.Name}.{suffix}");

    /// <summary>Whether the metadata has true.</summary>
    public bool Flag(string suffix, bool fallback) => checkpoint.Metadata.GetValueOrDefault($"{architecture.Name}.{suffix}") is bool value ? value : fallback;

    /// <summary>Whether there is a tensor, by Hugging Face's name.</summary>
    public bool Has(string tensor) => checkpoint.Tensors.ContainsKey(tensor);

    /// <summary>Sizes by the usual keys: hidden size, layers, heads, intermediate size, positions, ids, ends, and whether the head is tied.</summary>
    /// <param name="sharesKeys">Whether the family may have fewer heads of keys and values than of queries.</param>
    public GgufConfig Sizes(string embedding = "model.embed_tokens", string head = "lm_head", bool sharesKeys = true)
    {
        Ints(("hidden_size", "embedding_length"), ("num_hidden_layers", "block_count"), ("num_attention_heads", "attention.head_count"), ("intermediate_size", "feed_forward_length"),
            ("max_position_embeddings", "context_length"));
        if (sharesKeys)
            Write("num_key_value_heads", Find("attention.head_count_kv") ?? Require("attention.head_count"));
        return Ids(embedding, head);
    }

    /// <summary>Ids, ends, and whether the head is tied.</summary>
    public GgufConfig Ids(string embedding, string head)
    {
        Write("vocab_size", VocabularySize($"{embedding}.weight"));
        json.WriteBoolean("tie_word_embeddings", !Has($"{head}.weight"));
        foreach ((string key, string name) in ((string, string)[])[("bos_token_id", "tokenizer.ggml.bos_token_id"), ("eos_token_id", "tokenizer.ggml.eos_token_id")])
            if (numbers.Find(name) is { } id)
                Write(key, id);
        return this;
    }

    /// <summary>Whole numbers that must be there, (config.json's key, metadata's).</summary>
    public GgufConfig Ints(params ReadOnlySpan<(string Key, string Suffix)> pairs)
    {
        foreach ((string key, string suffix) in pairs)
            Write(key, Require(suffix));
        return this;
    }

    /// <summary>A number that must be there.</summary>
    public GgufConfig Float(string key, string suffix)
    {
        json.WriteNumber(key, numbers.RequireFloat($"{architecture.Name}.{suffix}"));
        return this;
    }

    /// <summary>The size of a head.</summary>
    /// <exception cref="CheckpointException">Keys have another one than values.</exception>
    public GgufConfig HeadDim() => (Find("attention.value_length") ?? HeadSize) == HeadSize ? Write("head_dim", HeadSize)
        : throw Wrong($"keys of {HeadSize} and values of {Find("attention.value_length")} per head; expected the same");

    /// <summary>The sliding window, or null.</summary>
    public GgufConfig Window()
    {
        if (Find("attention.sliding_window") is { } window)
            return Write("sliding_window", window);
        json.WriteNull("sliding_window");
        return this;
    }

    /// <summary>Rotary positions: base, scaling, and factors by pair that the file holds as tensors.</summary>
    public GgufConfig Rope()
    {
        Write("rope_theta", FindFloat("rope.freq_base") ?? 10000);
        string longFactors = Has("rope_factors_long.weight") ? "rope_factors_long.weight" : "rope_freqs.weight", shortFactors = Has("rope_factors_short.weight") ? "rope_factors_short.weight" : longFactors;
        if (!Has(longFactors))
        {
            WriteRopeScaling();
            return this;
        }
        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", "longrope");
        Factors("short_factor", shortFactors);
        Factors("long_factor", longFactors);
        json.WriteNumber("attention_factor", FindFloat("rope.scaling.attn_factor") ?? 1);
        if (Find("rope.scaling.original_context_length") is { } original)
            json.WriteNumber("original_max_position_embeddings", original);
        json.WriteEndObject();
        return this;
    }

    /// <summary>The share of a head that turns.</summary>
    public GgufConfig PartialRope(string key = "partial_rotary_factor") => Write(key, (double)(Find("rope.dimension_count") ?? HeadSize) / HeadSize);

    /// <summary>A number.</summary>
    public GgufConfig Write(string key, double value)
    {
        json.WriteNumber(key, value);
        return this;
    }

    /// <summary>A switch.</summary>
    public GgufConfig Write(string key, bool value)
    {
        json.WriteBoolean(key, value);
        return this;
    }

    // llama.cpp's: what the metadata names, else an equal share.
    private int HeadSize => (Find("attention.key_length") ?? Require("embedding_length") / Math.Max(1, Require("attention.head_count"))) is > 0 and var size ? size
        : throw Wrong($"{Require("attention.head_count")} heads share {Require("embedding_length")} dimensions; expected at least one for each");

    private CheckpointException Wrong(string what) => new(CheckpointFlaw.Metadata, $"{checkpoint.Path}: {what}.");

    // The embedding's rows, or what the metadata says.
    private int VocabularySize(string embedding) =>
        checkpoint.Tensors.TryGetValue(embedding, out TensorInfo? tensor) && tensor.RowCount <= int.MaxValue ? (int)tensor.RowCount
        : Find("vocab_size") ?? (checkpoint.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") as string[])?.Length ?? Require("vocab_size");

    private void WriteRopeScaling()
    {
        if (checkpoint.Metadata.GetValueOrDefault($"{architecture.Name}.rope.scaling.type") is not string type || type == "none")
            return;
        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", type);
        if (FindFloat("rope.scaling.factor") is { } factor)
            json.WriteNumber("factor", factor);
        if (Find("rope.scaling.original_context_length") is { } original)
            json.WriteNumber("original_max_position_embeddings", original);
        json.WriteEndObject();
    }

    private void Factors(string key, string tensor)
    {
        var factors = new float[checked((int)checkpoint.Tensors[tensor].ElementCount)];
        checkpoint.Read(tensor, factors);
        json.WriteStartArray(key);
        foreach (float factor in factors)
            json.WriteNumberValue(factor);
        json.WriteEndArray();
    }
}
