using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// BLOOM and BLOOMZ (2211.05100): ALiBi instead of positions, a layer norm of the embeddings, queries, keys and values of each head together, tanh-GELU.
/// Equals transformers' BloomForCausalLM.
/// </summary>
public sealed class Bloom : ModelFamily
{
    private static readonly SizeKeys Keys = new()
    {
        Hidden = "hidden_size|n_embed",
        Layers = "n_layer|num_hidden_layers",
        Heads = "n_head|num_attention_heads",
        KeyValueHeads = "",
        MaxLength = "seq_length|max_position_embeddings",
    };

    /// <inheritdoc/>
    public override string ModelType => "bloom";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, keys: Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize;
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool addsToNormed = config.Bool("apply_residual_connection_post_layernorm", false);
        config.Ignore("n_inner", "pretraining_tp", "slow_but_exact", "offset_alibi", "skip_bias_add", "skip_bias_add_qkv", "attention_softmax_in_fp32", "masked_softmax_fusion",
            "bias_dropout_fusion");
        string root = parts.Root("transformer.", "word_embeddings.weight");
        Weight embedding = parts.Embedding($"{root}word_embeddings"), head = parts.Head(embedding, tied: true);
        var biases = LinearBiases.Bloom(parts.Heads);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            AttentionShape shape = parts.Shape(i);
            var projection = new FusedProjection(parts.Linear($"{name}.self_attention.query_key_value", 3 * hidden, hidden, bias: true), shape, QkvOrder.Heads);
            var attention = new SelfAttention(projection, parts.AttentionOutput($"{name}.self_attention.dense", bias: true), shape) { Biases = biases };
            return new SequentialBlock(attention, parts.PlainMlp($"{name}.mlp.dense_h_to_4h", $"{name}.mlp.dense_4h_to_h", 4 * hidden, Activation.GeluTanh))
            {
                AttentionNorm = parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.LayerNorm($"{name}.post_attention_layernorm", hidden, epsilon),
                AddsToNormed = addsToNormed,
            };
        });
        var input = new InputLayer(embedding) { Norm = parts.LayerNorm($"{root}word_embeddings_layernorm", hidden, epsilon) };
        return parts.Assemble(input, blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) });
    }
}
