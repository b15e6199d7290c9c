using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Small random models of what no golden folder has: they load, give finite logits, and the same bits however they are run.</summary>
public sealed class SmallFamilyTests : IDisposable
{
    private static readonly int[] Ids = [.. Enumerable.Range(0, 40).Select(i => i * 29 % 60)];

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names() => [.. Models.Keys];

    private static readonly Dictionary<string, (string Config, string[] Tensors)> Models = new()
    {
        ["gpt_neo"] = ("""{"model_type":"gpt_neo","vocab_size":64,"hidden_size":32,"num_layers":2,"num_heads":2,"attention_types":[[["global","local"],1]],"window_size":7,"max_position_embeddings":64}""",
            ["wte.weight 64 32", "wpe.weight 64 32", "ln_f 32", .. Layers(2, "h.#.ln_1 32", "h.#.ln_2 32", "h.#.attn.attention.q_proj.weight 32 32", "h.#.attn.attention.k_proj.weight 32 32",
                "h.#.attn.attention.v_proj.weight 32 32", "h.#.attn.attention.out_proj 32 32", "h.#.mlp.c_fc 128 32", "h.#.mlp.c_proj 32 128", "h.#.attn.attention.bias 64 64")]),
        ["gpt_bigcode"] = ("""{"model_type":"gpt_bigcode","vocab_size":64,"n_embd":32,"n_layer":2,"n_head":4,"n_positions":64,"num_key_value_heads":1,"add_cross_attention":false}""",
            ["transformer.wte.weight 64 32", "transformer.wpe.weight 64 32", "transformer.ln_f 32", .. Layers(2, "transformer.h.#.ln_1 32", "transformer.h.#.ln_2 32",
                "transformer.h.#.attn.c_attn 48 32", "transformer.h.#.attn.c_proj 32 32", "transformer.h.#.mlp.c_fc 128 32", "transformer.h.#.mlp.c_proj 32 128")]),
        ["starcoder2"] = ("""{"model_type":"starcoder2","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"sliding_window":9}""",
            ["model.embed_tokens.weight 64 32", "model.norm 32", .. Layers(2, "model.layers.#.input_layernorm 32", "model.layers.#.post_attention_layernorm 32", "model.layers.#.self_attn.q_proj 32 32",
                "model.layers.#.self_attn.k_proj 16 32", "model.layers.#.self_attn.v_proj 16 32", "model.layers.#.self_attn.o_proj 32 32", "model.layers.#.mlp.c_fc 40 32", "model.layers.#.mlp.c_proj 32 40")]),
        ["cohere"] = ("""{"model_type":"cohere","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"use_qk_norm":true,"logit_scale":0.5}""",
            ["model.embed_tokens.weight 64 32", "model.norm.weight 32", .. Layers(2, ["model.layers.#.input_layernorm.weight 32", .. Gated(), "model.layers.#.self_attn.q_norm.weight 4 8",
                "model.layers.#.self_attn.k_norm.weight 2 8"])]),
        ["stablelm parallel"] = ("""{"model_type":"stablelm","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"qk_layernorm":true,"use_parallel_residual":true,"tie_word_embeddings":true}""",
            ["model.embed_tokens.weight 64 32", "model.norm 32", .. Layers(2, ["model.layers.#.input_layernorm 32", .. Gated(), "model.layers.#.self_attn.q_layernorm.norms.0.weight 8",
                "model.layers.#.self_attn.q_layernorm.norms.1.weight 8", "model.layers.#.self_attn.q_layernorm.norms.2.weight 8", "model.layers.#.self_attn.q_layernorm.norms.3.weight 8",
                "model.layers.#.self_attn.k_layernorm.norms.0.weight 8", "model.layers.#.self_attn.k_layernorm.norms.1.weight 8"])]),
        ["falcon rw"] = ("""{"model_type":"falcon","vocab_size":64,"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"alibi":true,"bias":true,"multi_query":false,"parallel_attn":false,"new_decoder_architecture":false,"num_kv_heads":4}""",
            ["transformer.word_embeddings.weight 64 32", "transformer.ln_f 32", .. Layers(2, "transformer.h.#.input_layernorm 32", "transformer.h.#.post_attention_layernorm 32",
                "transformer.h.#.self_attention.query_key_value 96 32", "transformer.h.#.self_attention.dense 32 32", "transformer.h.#.mlp.dense_h_to_4h 128 32", "transformer.h.#.mlp.dense_4h_to_h 32 128")]),
        ["qwen2_moe"] = ("""{"model_type":"qwen2_moe","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"num_experts":3,"num_experts_per_tok":2,"moe_intermediate_size":24,"shared_expert_intermediate_size":28,"mlp_only_layers":[1],"tie_word_embeddings":true,"output_router_logits":false}""",
            ["model.embed_tokens.weight 64 32", "model.norm.weight 32", .. Layers(2, "model.layers.#.input_layernorm.weight 32", "model.layers.#.post_attention_layernorm.weight 32",
                "model.layers.#.self_attn.q_proj 32 32", "model.layers.#.self_attn.k_proj 16 32", "model.layers.#.self_attn.v_proj 16 32", "model.layers.#.self_attn.o_proj.weight 32 32"),
                .. Experts(3), "model.layers.0.mlp.shared_expert.gate_proj.weight 28 32", "model.layers.0.mlp.shared_expert.up_proj.weight 28 32", "model.layers.0.mlp.shared_expert.down_proj.weight 32 28",
                "model.layers.0.mlp.shared_expert_gate.weight 1 32", "model.layers.1.mlp.gate_proj.weight 40 32", "model.layers.1.mlp.up_proj.weight 40 32", "model.layers.1.mlp.down_proj.weight 32 40"]),
        ["qwen3_moe"] = ("""{"model_type":"qwen3_moe","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":1,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":24,"norm_topk_prob":true,"tie_word_embeddings":true,"decoder_sparse_step":1}""",
            ["model.embed_tokens.weight 64 32", "model.norm.weight 32", .. Layers(1, "model.layers.#.input_layernorm.weight 32", "model.layers.#.post_attention_layernorm.weight 32",
                "model.layers.#.self_attn.q_proj.weight 32 32", "model.layers.#.self_attn.k_proj.weight 16 32", "model.layers.#.self_attn.v_proj.weight 16 32", "model.layers.#.self_attn.o_proj.weight 32 32",
                "model.layers.#.self_attn.q_norm.weight 8", "model.layers.#.self_attn.k_norm.weight 8"), .. Experts(4)]),
        ["mamba2"] = ("""{"model_type":"mamba2","vocab_size":64,"hidden_size":32,"num_hidden_layers":2,"num_heads":4,"head_dim":16,"state_size":12,"n_groups":2,"expand":2,"time_step_limit":[0.0,Infinity],"chunk_size":8}""",
            ["backbone.embeddings.weight 64 32", "backbone.norm_f.weight 32", "lm_head.weight 64 32", .. Layers(2, "backbone.layers.#.norm.weight 32", "backbone.layers.#.mixer.in_proj.weight 180 32",
                "backbone.layers.#.mixer.conv1d.weight 112 1 4", "backbone.layers.#.mixer.conv1d.bias 112", "backbone.layers.#.mixer.A_log 4", "backbone.layers.#.mixer.D 4",
                "backbone.layers.#.mixer.dt_bias 4", "backbone.layers.#.mixer.norm.weight 64", "backbone.layers.#.mixer.out_proj.weight 32 64")]),
        ["llama dynamic"] = (Llama("""{"rope_type":"dynamic","factor":4.0}""", positions: 32), LlamaTensors),
        ["llama yarn"] = (Llama("""{"rope_type":"yarn","factor":4.0,"beta_fast":32,"beta_slow":1,"original_max_position_embeddings":8}"""), LlamaTensors),
        ["llama longrope"] = (Llama("""{"rope_type":"longrope","short_factor":[1,1.1,1.2,1.3],"long_factor":[2,3,4,5],"original_max_position_embeddings":16}"""), LlamaTensors),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void TheSameBitsHoweverItRuns(string name)
    {
        Write(name);
        foreach (string recipe in (string[])["fp32", "rtn-int4-g16", "rtn-int8-a8"])
        {
            using var scalar = new ScalarKernels(1);
            using DecoderModel reference = Quantizer.Load(folder.Path, Recipe.Parse(recipe), scalar);
            using Matrix expected = reference.Logits(Ids);
            foreach (float value in expected.Span)
                Assert.True(float.IsFinite(value), $"{name} {recipe}: a logit is {value}");
            using Kernels kernels = Kernels.Create(2);
            using DecoderModel model = Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels);
            using Matrix whole = model.Logits(Ids), stepwise = model.Logits(Ids, stepwise: true);
            model.PassTokenLimit = 7;
            using Matrix pieces = model.Logits(Ids);
            foreach (Matrix logits in new[] { whole, stepwise, pieces })
                Assert.True(Bits(expected).SequenceEqual(Bits(logits)), $"{name} {recipe}");
        }
    }

    [Theory]
    [InlineData("mamba2", "mamba2", "ssm.conv_kernel=4 ssm.inner_size=64 ssm.state_size=12 ssm.time_step_rank=4 ssm.group_count=2 attention.layer_norm_rms_epsilon=0.00001")]
    [InlineData("stablelm parallel", "stablelm", "rope.dimension_count=2 use_parallel_residual=true attention.layer_norm_epsilon=0.00001")]
    [InlineData("cohere", "command-r", "rope.freq_base=500000.0 logit_scale=0.5 attention.layer_norm_epsilon=0.00001")]
    [InlineData("starcoder2", "starcoder2", "attention.layer_norm_epsilon=0.00001")]
    [InlineData("qwen3_moe", "qwen3moe", "attention.key_length=8 expert_count=4 expert_used_count=2 expert_feed_forward_length=24 attention.layer_norm_rms_epsilon=0.000001")]
    public void LlamaCppsFileOfItSaysTheSame(string name, string architecture, string extra)
    {
        Write(name);
        using (Checkpoint original = CheckpointFiles.Open(folder.Path))
            LlamaCppFile.Write(folder["other.gguf"], original, GgufArchitectures.All.Single(entry => entry.Name == architecture), extra);
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel first = Quantizer.Load(folder.Path, Recipe.Parse("fp32"), kernels), second = Quantizer.Load(folder["other.gguf"], Recipe.Parse("fp32"), kernels);
        int[] ids = name == "starcoder2" ? Ids[..9] : Ids; // the file has no window
        using Matrix expected = first.Logits(ids), actual = second.Logits(ids);
        Assert.True(Bits(expected).SequenceEqual(Bits(actual)));
    }

    [Theory]
    [InlineData("llama dynamic")]
    [InlineData("llama longrope")]
    [InlineData("mamba2")]
    [InlineData("qwen2_moe")]
    public void BatchMatesDoNotReachScores(string name)
    {
        Write(name);
        File.Copy(Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s", "tokenizer.json"), folder["tokenizer.json"], overwrite: true);
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Quantizer.Load(folder.Path, Recipe.Parse("fp32"), kernels);
        // Bytes below 64 are this vocabulary's ids of digits and marks.
        ScoreRequest[] requests = [.. Enumerable.Range(0, 24).Select(i => new ScoreRequest(string.Concat(Enumerable.Repeat("1+2=3,", 1 + i / 4)), i % 2 == 0 ? "4" : "5*6", 0))];
        ScoreAnswer[] together = Answers(model, requests);
        Assert.All(together, answer => Assert.True(double.IsFinite(answer.LogLikelihood)));
        model.PassTokenLimit = 11;
        Assert.Equal(together, requests.SelectMany(request => Answers(model, [request])));
    }

    [Fact]
    public void ADeclaredLengthChoosesTheScalingOnce()
    {
        Write("llama longrope");
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Quantizer.Load(folder.Path, Recipe.Parse("fp32"), kernels);
        using Matrix brief = model.Logits(Ids.AsSpan(0, 12)), full = model.Logits(Ids);
        Assert.False(Bits(brief).SequenceEqual(Bits(full.Slice(0, 12))));
    }

    private static ScoreAnswer[] Answers(DecoderModel model, IReadOnlyList<ScoreRequest> requests)
    {
        var answers = new ScoreAnswer[requests.Count];
        model.Score(requests, (i, answer) => answers[i] = answer);
        return answers;
    }

    private static string[] LlamaTensors => ["model.embed_tokens.weight 64 32", "model.norm.weight 32",
        .. Layers(2, ["model.layers.#.input_layernorm.weight 32", "model.layers.#.post_attention_layernorm.weight 32", .. Gated()])];

    private static string Llama(string scaling, int positions = 64) => """
        {"model_type":"llama","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"tie_word_embeddings":true,"rope_theta":10000.0,"rope_scaling":
        """ + scaling + $",\"max_position_embeddings\":{positions}}}";

    private static IEnumerable<string> Layers(int count, params string[] names) => Enumerable.Range(0, count).SelectMany(layer => names.Select(name => name.Replace("#", $"{layer}", StringComparison.Ordinal)));

    private static string[] Gated() => ["model.layers.#.self_attn.q_proj.weight 32 32", "model.layers.#.self_attn.k_proj.weight 16 32", "model.layers.#.self_attn.v_proj.weight 16 32",
        "model.layers.#.self_attn.o_proj.weight 32 32", "model.layers.#.mlp.gate_proj.weight 40 32", "model.layers.#.mlp.up_proj.weight 40 32", "model.layers.#.mlp.down_proj.weight 32 40"];

    private static IEnumerable<string> Experts(int count) => Enumerable.Range(0, count).SelectMany(expert => new[]
    {
        $"model.layers.0.mlp.experts.{expert}.gate_proj.weight 24 32", $"model.layers.0.mlp.experts.{expert}.up_proj.weight 24 32", $"model.layers.0.mlp.experts.{expert}.down_proj.weight 32 24",
    }).Append($"model.layers.0.mlp.gate.weight {count} 32");

    private void Write(string name)
    {
        TestCheckpoint.Write(folder.Path, null, TestCheckpoint.Random(7, Models[name].Tensors));
        File.WriteAllText(folder["config.json"], Models[name].Config);
    }

    private static ReadOnlySpan<int> Bits(Matrix matrix) => MemoryMarshal.Cast<float, int>(matrix.Span);
}
