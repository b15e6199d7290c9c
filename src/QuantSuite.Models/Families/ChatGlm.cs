using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// ChatGLM2, ChatGLM3 and the first files of GLM-4 9B (2210.02414, 2406.12793), by the tensor and key names of the authors' own code: what <see cref="Glm"/> computes, with queries,
/// keys and values fused. Equals THUDM's modeling_chatglm.py. <c>rope_ratio</c> multiplies the base, as ChatGLM3 and GLM-4 have it; in ChatGLM2-32K it divides positions, and all that
/// tells them apart is the name in <c>_name_or_path</c>.
/// </summary>
public sealed class ChatGlm : ModelFamily
{
    private static readonly SizeKeys Keys = new()
    {
        Vocabulary = "padded_vocab_size|vocab_size",
        Layers = "num_layers|num_hidden_layers",
        KeyValueHeads = "",
        HeadDim = "kv_channels",
        MaxLength = "seq_length|max_position_embeddings",
    };

    /// <inheritdoc/>
    public override string ModelType => "chatglm";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        ModelConfig config = checkpoint.Config;
        int groups = config.Bool("multi_query_attention", false) ? config.Int("multi_query_group_num", 1) : 0;
        var parts = new DecoderParts(checkpoint, keyValueHeads: groups, keys: Keys);
        int hidden = parts.HiddenSize, width = config.Int("ffn_hidden_size");
        float epsilon = config.Float("layernorm_epsilon", 1e-5f);
        bool bias = config.Bool("add_bias_linear", false), qkvBias = config.Bool("add_qkv_bias", false) || bias, addsToNormed = config.Bool("apply_residual_connection_post_layernorm", false);
        bool root = config.Bool("rmsnorm", true), last = config.Bool("post_layer_norm", true);
        RequireWhatIsKnown(parts);
        var rotary = new RotaryEmbedding(Positions(parts)) { IsInterleaved = true };
        Norm Norm(string name) => root ? parts.RmsNorm(name, hidden, epsilon) : parts.LayerNorm(name, hidden, epsilon);
        Weight embedding = parts.Embedding("transformer.embedding.word_embeddings"), head = parts.Head(embedding, tied: false, "transformer.output_layer");
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"transformer.encoder.layers.{i}";
            AttentionShape shape = parts.Shape(i);
            Weight qkv = parts.Linear($"{name}.self_attention.query_key_value", (parts.Heads + 2 * parts.KeyValueHeads) * parts.HeadDim, hidden, qkvBias);
            QkvOrder order = groups > 0 ? QkvOrder.Blocks : QkvOrder.Heads;
            var attention = new SelfAttention(new FusedProjection(qkv, shape, order), parts.AttentionOutput($"{name}.self_attention.dense", bias), shape) { Rotary = rotary };
            var mlp = new FusedGatedMlp(parts.Linear($"{name}.mlp.dense_h_to_4h", 2 * width, hidden, bias), parts.Linear($"{name}.mlp.dense_4h_to_h", hidden, width, bias));
            return new SequentialBlock(attention, mlp)
            {
                AttentionNorm = Norm($"{name}.input_layernorm"),
                MlpNorm = Norm($"{name}.post_attention_layernorm"),
                AddsToNormed = addsToNormed,
            };
        });
        var output = new OutputLayer(head) { Norm = last ? Norm("transformer.encoder.final_layernorm") : null };
        return parts.Assemble(new InputLayer(embedding), blocks, output, rotary.Scaling, "transformer.rotary_pos_emb.inv_freq");
    }

    private static RotaryScaling Positions(DecoderParts parts)
    {
        const float Base = 10000;
        float ratio = parts.Config.Float("rope_ratio", 1);
        if (!parts.Config.String("_name_or_path", "").Contains("chatglm2", StringComparison.OrdinalIgnoreCase))
            return RotaryConfig.Read(parts, Base * ratio, partial: 0.5f);
        return new RotaryScaling(Array.ConvertAll(RotaryConfig.Read(parts, Base, partial: 0.5f).Frequencies(0), frequency => frequency / ratio));
    }

    private static void RequireWhatIsKnown(DecoderParts parts)
    {
        ModelConfig config = parts.Config;
        if (Math.Abs(config.Int("pre_seq_len", 0)) + Math.Abs(config.Int("quantization_bit", 0)) != 0)
            throw new CheckpointException(CheckpointFlaw.Field, "config.json: pre_seq_len and quantization_bit ask for a learned prefix and for the authors' own codes; only 0 is supported.");
        parts.Require("original_rope", true);
        parts.Require("interleaved_qkv", false);
        config.Ignore("apply_query_key_layer_scaling", "attention_softmax_in_fp32", "fp32_residual_connection", "bias_dropout_fusion", "prefix_projection", "multi_query_group_num",
            "classifier_dropout", "vocab_size");
    }
}
