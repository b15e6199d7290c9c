namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The architectures that are read from GGUF, by what llama.cpp's converter writes for them. OPT, GPT-J and GPT-Neo have no files of llama.cpp's.
/// A new one is an entry here.
/// </summary>
internal static class GgufArchitectures
{
    private const string Layers = "model.layers.{0}";

    private static readonly Dictionary<string, string> ModelTops = new() { ["token_embd"] = "model.embed_tokens", ["output_norm"] = "model.norm", ["output"] = "lm_head" };

    private static readonly Dictionary<string, string> LlamaParts = new()
    {
        ["attn_norm"] = "input_layernorm",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["attn_q_norm"] = "self_attn.q_norm",
        ["attn_k_norm"] = "self_attn.k_norm",
        ["ffn_norm"] = "post_attention_layernorm",
        ["ffn_gate"] = "mlp.gate_proj",
        ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    };

    private static readonly Dictionary<string, string> MoeParts = With(LlamaParts, ("ffn_gate_inp", "mlp.gate"), ("ffn_gate_inp_shexp", "mlp.shared_expert_gate"),
        ("ffn_gate_shexp", "mlp.shared_expert.gate_proj"), ("ffn_up_shexp", "mlp.shared_expert.up_proj"), ("ffn_down_shexp", "mlp.shared_expert.down_proj"));

    private static readonly Dictionary<string, string> Gemma2Parts =
        With(LlamaParts, ("post_attention_norm", "post_attention_layernorm"), ("ffn_norm", "pre_feedforward_layernorm"), ("post_ffw_norm", "post_feedforward_layernorm"));

    private static readonly Dictionary<string, string> Gpt2Tops = new() { ["token_embd"] = "wte", ["position_embd"] = "wpe", ["output_norm"] = "ln_f", ["output"] = "lm_head" };

    private static readonly Dictionary<string, string> Gpt2Parts = new()
    {
        ["attn_norm"] = "ln_1",
        ["attn_qkv"] = "attn.c_attn",
        ["attn_output"] = "attn.c_proj",
        ["ffn_norm"] = "ln_2",
        ["ffn_up"] = "mlp.c_fc",
        ["ffn_down"] = "mlp.c_proj",
    };

    private static readonly Dictionary<string, string> MambaTops = new() { ["token_embd"] = "backbone.embeddings", ["output_norm"] = "backbone.norm_f", ["output"] = "lm_head" };

    private static readonly Dictionary<string, string> MambaParts = new()
    {
        ["attn_norm"] = "norm",
        ["ssm_in"] = "mixer.in_proj",
        ["ssm_conv1d"] = "mixer.conv1d",
        ["ssm_x"] = "mixer.x_proj",
        ["ssm_dt"] = "mixer.dt_proj",
        ["ssm_a"] = "mixer.A",
        ["ssm_d"] = "mixer.D",
        ["ssm_out"] = "mixer.out_proj",
    };

    private static readonly (string, string, string) QwenExperts = ("mlp.experts.{0}.gate_proj", "mlp.experts.{0}.up_proj", "mlp.experts.{0}.down_proj");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<GgufArchitecture> All { get; } =
    [
        // Mistral's files call themselves llama too; Llama 3.1's scaling is a tensor of factors.
        new("llama", "llama", ModelTops, Layers, LlamaParts, config => Llama(config).HeadDim().PartialRope()
            .Write("attention_bias", config.Has("model.layers.0.self_attn.q_proj.bias")).Write("mlp_bias", config.Has("model.layers.0.mlp.gate_proj.bias")))
        {
            IsInterleaved = true,
        },
        new("qwen2", "qwen2", ModelTops, Layers, LlamaParts, config => Llama(config)),
        new("qwen3", "qwen3", ModelTops, Layers, LlamaParts, config => Llama(config).HeadDim()),
        new("qwen2moe", "qwen2_moe", ModelTops, Layers, MoeParts, config => Experts(Llama(config))
            .Write("shared_expert_intermediate_size", config.Find("expert_shared_feed_forward_length") ?? 5632))
        {
            Experts = QwenExperts,
        },
        new("qwen3moe", "qwen3_moe", ModelTops, Layers, MoeParts, config => Experts(Llama(config).HeadDim()).Write("norm_topk_prob", true)) { Experts = QwenExperts },
        new("gemma", "gemma", ModelTops, Layers, LlamaParts, config => Llama(config).HeadDim()) { HasWholeGains = true },
        new("gemma2", "gemma2", ModelTops, Layers, Gemma2Parts, config => Gemma2(config, largest: 46)) { HasWholeGains = true },
        new("gemma3", "gemma3_text", ModelTops, Layers, Gemma2Parts, config => Gemma3(config)) { HasWholeGains = true },
        new("granite", "granite", ModelTops, Layers, LlamaParts, config => Granite(config)) { IsInterleaved = true },
        new("smollm3", "smollm3", ModelTops, Layers, LlamaParts, config => Llama(config)) { IsInterleaved = true },
        new("olmo2", "olmo2", ModelTops, Layers, With(LlamaParts, ("post_attention_norm", "post_attention_layernorm"), ("post_ffw_norm", "post_feedforward_layernorm")), config => Llama(config)),
        new("phi3", "phi3", ModelTops, Layers, With(LlamaParts, ("attn_qkv", "self_attn.qkv_proj"), ("ffn_up", "mlp.gate_up_proj")), config => Llama(config).PartialRope().Window()),
        new("phi2", "phi", With(ModelTops, ("output_norm", "model.final_layernorm")), Layers,
            With(LlamaParts, ("attn_output", "self_attn.dense"), ("ffn_up", "mlp.fc1"), ("ffn_down", "mlp.fc2")),
            config => config.Sizes().Float("layer_norm_eps", "attention.layer_norm_epsilon").Rope().PartialRope()),
        new("stablelm", "stablelm", ModelTops, Layers, With(LlamaParts, ("attn_q_norm", "self_attn.q_layernorm"), ("attn_k_norm", "self_attn.k_layernorm")), config => config.Sizes()
            .Float("layer_norm_eps", "attention.layer_norm_epsilon").Rope().PartialRope().Write("qk_layernorm", config.Has("model.layers.0.self_attn.q_layernorm.weight"))
            .Write("use_qkv_bias", config.Has("model.layers.0.self_attn.q_proj.bias")).Write("use_parallel_residual", config.Flag("use_parallel_residual", false))),
        new("starcoder2", "starcoder2", ModelTops, Layers, With(LlamaParts, ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")),
            config => config.Sizes().Float("norm_epsilon", "attention.layer_norm_epsilon").Rope()),
        new("command-r", "cohere", ModelTops, Layers, LlamaParts, config => config.Sizes().Float("layer_norm_eps", "attention.layer_norm_epsilon").Rope().Float("logit_scale", "logit_scale")
            .Write("use_qk_norm", config.Has("model.layers.0.self_attn.q_norm.weight"))),
        new("glm4", "glm4", ModelTops, Layers,
            With(LlamaParts, ("post_attention_norm", "post_self_attn_layernorm"), ("post_ffw_norm", "post_mlp_layernorm"), ("ffn_up", "mlp.gate_up_proj")),
            config => Llama(config).HeadDim().PartialRope().Write("attention_bias", config.Has("model.layers.0.self_attn.q_proj.bias"))),
        new("chatglm", "chatglm",
            new Dictionary<string, string>
            {
                ["token_embd"] = "transformer.embedding.word_embeddings",
                ["output_norm"] = "transformer.encoder.final_layernorm",
                ["output"] = "transformer.output_layer",
            },
            "transformer.encoder.layers.{0}",
            new Dictionary<string, string>
            {
                ["attn_norm"] = "input_layernorm",
                ["attn_qkv"] = "self_attention.query_key_value",
                ["attn_output"] = "self_attention.dense",
                ["ffn_norm"] = "post_attention_layernorm",
                ["ffn_up"] = "mlp.dense_h_to_4h",
                ["ffn_down"] = "mlp.dense_4h_to_h",
            },
            ChatGlm),
        new("gpt2", "gpt2", Gpt2Tops, "h.{0}", Gpt2Parts, Gpt2),
        new("starcoder", "gpt_bigcode", Gpt2Tops, "h.{0}", Gpt2Parts, Gpt2),
        new("gptneox", "gpt_neox",
            new Dictionary<string, string> { ["token_embd"] = "gpt_neox.embed_in", ["output_norm"] = "gpt_neox.final_layer_norm", ["output"] = "embed_out" },
            "gpt_neox.layers.{0}", Fused("attention"), config => config.Sizes("gpt_neox.embed_in", "embed_out", sharesKeys: false).Float("layer_norm_eps", "attention.layer_norm_epsilon").Rope()
                .PartialRope().Write("use_parallel_residual", config.Flag("use_parallel_residual", true)))
        {
            HasQkvBlocks = true,
        },
        new("bloom", "bloom",
            new Dictionary<string, string>
            {
                ["token_embd"] = "word_embeddings",
                ["token_embd_norm"] = "word_embeddings_layernorm",
                ["output_norm"] = "ln_f",
                ["output"] = "lm_head",
            },
            "h.{0}", Fused("self_attention"), config => config.Ids("word_embeddings", "lm_head").Float("layer_norm_epsilon", "attention.layer_norm_epsilon")
                .Ints(("hidden_size", "embedding_length"), ("n_layer", "block_count"), ("n_head", "attention.head_count"), ("seq_length", "context_length")))
        {
            HasQkvBlocks = true,
        },
        new("falcon", "falcon",
            new Dictionary<string, string> { ["token_embd"] = "transformer.word_embeddings", ["output_norm"] = "transformer.ln_f", ["output"] = "lm_head" },
            "transformer.h.{0}", With(Fused("self_attention"), ("attn_norm_2", "ln_attn")), Falcon)
        {
            HasQkvBlocks = true,
        },
        new("mamba", "mamba", MambaTops, "backbone.layers.{0}", MambaParts, config => Mamba(config).Ints(("intermediate_size", "ssm.inner_size"), ("time_step_rank", "ssm.time_step_rank"))),
        new("mamba2", "mamba2", MambaTops, "backbone.layers.{0}", With(MambaParts, ("ssm_dt", "mixer.dt_bias"), ("ssm_norm", "mixer.norm")), Mamba2),
    ];

    /// <summary>A Llama of experts, which llama.cpp calls llama.</summary>
    public static GgufArchitecture Mixtral { get; } = new("llama", "mixtral", ModelTops, Layers, With(LlamaParts, ("ffn_gate_inp", "block_sparse_moe.gate")), config =>
        Llama(config).Ints(("num_local_experts", "expert_count"), ("num_experts_per_tok", "expert_used_count")))
    {
        IsInterleaved = true,
        Experts = ("block_sparse_moe.experts.{0}.w1", "block_sparse_moe.experts.{0}.w3", "block_sparse_moe.experts.{0}.w2"),
    };

    /// <summary>GLM-4 9B as transformers has it, which llama.cpp calls chatglm like the authors' own files, whose queries, keys and values are fused.</summary>
    public static GgufArchitecture Glm { get; } = new("chatglm", "glm", ModelTops, Layers, With(LlamaParts, ("ffn_up", "mlp.gate_up_proj")), config =>
        Llama(config).HeadDim().PartialRope().Write("attention_bias", config.Has("model.layers.0.self_attn.q_proj.bias")));

    /// <summary>The architecture of a file, or null where it is not known.</summary>
    public static GgufArchitecture? Of(GgufFile file) => file.Metadata.GetValueOrDefault("general.architecture") switch
    {
        "llama" when new GgufNumbers("", file.Metadata).Find("llama.expert_count") is > 0 => Mixtral,
        "chatglm" when file.Tensors.ContainsKey("blk.0.attn_q.weight") => Glm,
        string name => All.FirstOrDefault(architecture => architecture.Name == name),
        _ => null,
    };

    private static Dictionary<string, string> With(Dictionary<string, string> names, params ReadOnlySpan<(string Gguf, string HuggingFace)> others)
    {
        var all = new Dictionary<string, string>(names);
        foreach ((string gguf, string name) in others)
            all[gguf] = name;
        return all;
    }

    private static Dictionary<string, string> Fused(string attention) => new()
    {
        ["attn_norm"] = "input_layernorm",
        ["attn_qkv"] = $"{attention}.query_key_value",
        ["attn_output"] = $"{attention}.dense",
        ["ffn_norm"] = "post_attention_layernorm",
        ["ffn_up"] = "mlp.dense_h_to_4h",
        ["ffn_down"] = "mlp.dense_4h_to_h",
    };

    private static GgufConfig Llama(GgufConfig config) => config.Sizes().Float("rms_norm_eps", "attention.layer_norm_rms_epsilon").Rope();

    private static GgufConfig Experts(GgufConfig config) =>
        config.Ints(("num_experts", "expert_count"), ("num_experts_per_tok", "expert_used_count"), ("moe_intermediate_size", "expert_feed_forward_length"));

    // Which of its sizes a Gemma 2 or 3 is decides the scale of scores, as in llama.cpp: the metadata does not have it.
    private static GgufConfig Gemma2(GgufConfig config, int largest)
    {
        int headDim = config.Require("attention.key_length");
        bool isLargest = config.Require("block_count") == largest;
        Llama(config).HeadDim().Window().Write("query_pre_attn_scalar", isLargest ? (double)config.Require("embedding_length") / config.Require("attention.head_count") : headDim);
        return config.Write("attn_logit_softcapping", config.FindFloat("attn_logit_softcapping") ?? 50).Write("final_logit_softcapping", config.FindFloat("final_logit_softcapping") ?? 30);
    }

    private static void Gemma3(GgufConfig config)
    {
        int headDim = config.Require("attention.key_length");
        bool isLargest = config.Require("block_count") == 62;
        Llama(config).HeadDim().Window().Write("query_pre_attn_scalar", isLargest ? (double)config.Require("embedding_length") / config.Require("attention.head_count") : headDim);
    }

    private static void Granite(GgufConfig config) => Llama(config).Write("embedding_multiplier", config.FindFloat("embedding_scale") ?? 1)
        .Write("residual_multiplier", config.FindFloat("residual_scale") ?? 1).Write("logits_scaling", config.FindFloat("logit_scale") ?? 1)
        .Write("attention_multiplier", config.FindFloat("attention.scale") ?? 1 / Math.Sqrt((double)config.Require("embedding_length") / config.Require("attention.head_count")));

    private static void ChatGlm(GgufConfig config)
    {
        config.Ids("transformer.embedding.word_embeddings", "transformer.output_layer").Float("layernorm_epsilon", "attention.layer_norm_rms_epsilon").Ints(("hidden_size", "embedding_length"),
            ("num_layers", "block_count"), ("num_attention_heads", "attention.head_count"), ("multi_query_group_num", "attention.head_count_kv"), ("ffn_hidden_size", "feed_forward_length"),
            ("seq_length", "context_length"));
        config.Write("multi_query_attention", true).Write("add_qkv_bias", config.Has("transformer.encoder.layers.0.self_attention.query_key_value.bias"))
            .Write("kv_channels", config.Find("attention.key_length") ?? config.Require("embedding_length") / config.Require("attention.head_count"))
            .Write("rope_ratio", (config.FindFloat("rope.freq_base") ?? 10000) / 10000);
    }

    private static GgufConfig Mamba(GgufConfig config) => config.Ids("backbone.embeddings", "lm_head").Float("layer_norm_epsilon", "attention.layer_norm_rms_epsilon")
        .Ints(("hidden_size", "embedding_length"), ("num_hidden_layers", "block_count"), ("max_position_embeddings", "context_length"), ("conv_kernel", "ssm.conv_kernel"),
            ("state_size", "ssm.state_size"));

    // The rank of the step is the number of heads there.
    private static void Mamba2(GgufConfig config)
    {
        int channels = config.Require("ssm.inner_size");
        Mamba(config).Ints(("num_heads", "ssm.time_step_rank"), ("n_groups", "ssm.group_count")).Write("head_dim", channels / Math.Max(1, config.Require("ssm.time_step_rank")))
            .Write("expand", (double)channels / config.Require("embedding_length")).Write("use_bias", config.Has("backbone.layers.0.mixer.in_proj.bias"))
            .Write("use_conv_bias", config.Has("backbone.layers.0.mixer.conv1d.bias"));
    }

    private static void Gpt2(GgufConfig config)
    {
        config.Ids("wte", "lm_head").Float("layer_norm_epsilon", "attention.layer_norm_epsilon").Ints(("n_embd", "embedding_length"), ("n_layer", "block_count"), ("n_head", "attention.head_count"),
            ("n_positions", "context_length"), ("n_inner", "feed_forward_length"));
    }

    private static void Falcon(GgufConfig config)
    {
        bool hasTwoNorms = config.Has("transformer.h.0.ln_attn.weight");
        int keyValueHeads = config.Find("attention.head_count_kv") ?? config.Require("attention.head_count");
        config.Ids("transformer.word_embeddings", "lm_head").Float("layer_norm_epsilon", "attention.layer_norm_epsilon").Rope().Ints(("hidden_size", "embedding_length"),
            ("num_hidden_layers", "block_count"), ("num_attention_heads", "attention.head_count"), ("max_position_embeddings", "context_length"));
        config.Write("new_decoder_architecture", hasTwoNorms || keyValueHeads > 1).Write("multi_query", true).Write("num_kv_heads", keyValueHeads)
            .Write("num_ln_in_parallel_attn", hasTwoNorms ? 2 : 1).Write("ffn_hidden_size", config.Find("feed_forward_length") ?? 4 * config.Require("embedding_length"));
    }
}
