using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>Keys of config.json that leave the forward pass alone, in every family.</summary>
internal static class ConfigKeys
{
    // Where the file comes from, ids, training, classification heads, and how transformers used to generate.
    private static readonly string[] Inert =
    [
        "architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "_name_or_path", "_commit_hash", "auto_map", "tokenizer_class", "transformers.js_config",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id", "prefix", "cache_implementation", "_attn_implementation_autoset",
        "initializer_range", "init_std", "initializer_factor", "use_cache", "max_position_embeddings", "is_llama_config", "rope_interleaved", "attn_implementation", "_attn_implementation",
        "attention_dropout", "hidden_dropout", "hidden_dropout_prob", "resid_pdrop", "embd_pdrop", "attn_pdrop", "attn_dropout", "embed_dropout", "resid_dropout", "residual_dropout",
        "embedding_dropout", "classifier_dropout", "dropout", "layerdrop", "activation_dropout", "gradient_checkpointing", "use_flash_attn", "use_flash_attention", "_flash_attn_2_enabled",
        "return_dict", "output_attentions", "output_hidden_states", "chunk_size_feed_forward", "id2label", "label2id", "num_labels", "problem_type", "is_encoder_decoder", "is_decoder",
        "torchscript", "tf_legacy_loss", "use_bfloat16", "finetuning_task", "task_specific_params", "tie_encoder_decoder", "cross_attention_hidden_size",
        "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty",
        "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate",
        "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
        "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "unsloth_fixed", "unsloth_version",
    ];

    // Switches of other architectures, harmless while they are off.
    private static readonly string[] Off = ["add_cross_attention", "pruned_heads"];

    /// <summary>Throws when config.json has keys that neither the family nor this list knows: they may change the forward pass.</summary>
    public static void RefuseUnread(ModelConfig config, string where = "config.json")
    {
        config.Ignore(Inert);
        foreach (string key in Off)
            if (config.Root.TryGetProperty(key, out var value) && value.GetRawText() is "false" or "{}" or "[]")
                config.Ignore(key);
        if (config.UnreadKeys is { Count: > 0 } unread)
            throw new CheckpointException($"{where}: unknown {(unread.Count == 1 ? "key" : "keys")} {string.Join(", ", unread.Select(key => $"'{key}'"))}, which may change the forward pass. " +
                "Remove what does not matter to this checkpoint, or use a family that knows it.");
    }
}
