using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Falcon (2311.16867) in its three layouts. 7B: one key and value head, all queries before it, one layer norm for attention and MLP side by side. 40B, 180B and 11B
/// (<c>new_decoder_architecture</c>): queries grouped by key and value head, two layer norms or one. RW: as BLOOM, with ALiBi and biases, attention before MLP.
/// Equals transformers' FalconForCausalLM.
/// </summary>
public sealed class Falcon : ModelFamily
{
    private static readonly SizeKeys Keys = new()
    {
        Hidden = "hidden_size|n_embed",
        Layers = "num_hidden_layers|n_layer",
        Heads = "num_attention_heads|n_head",
        KeyValueHeads = "num_kv_heads|n_head_kv",
    };

    /// <inheritdoc/>
    public override string ModelType => "falcon";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        ModelConfig config = checkpoint.Config;
        bool grouped = config.Bool("new_decoder_architecture", false), shared = config.Bool("multi_query", true) && !grouped;
        var parts = new DecoderParts(checkpoint, keyValueHeads: shared ? 1 : 0, keys: shared ? Keys with { KeyValueHeads = "" } : Keys);
        int hidden = parts.HiddenSize, width = config.Int("ffn_hidden_size", 4 * hidden), norms = config.Int("num_ln_in_parallel_attn", grouped ? 2 : 1);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool bias = config.Bool("bias", false), alibi = config.Bool("alibi", false), parallel = config.Bool("parallel_attn", true);
        if (grouped && (!parallel || norms is not (1 or 2)))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: new_decoder_architecture with parallel_attn {parallel} and {norms} norms; expected true, and 1 or 2.");
        Activation activation = parts.Activation("activation", "gelu");
        RotaryEmbedding? rotary = alibi ? null : new RotaryEmbedding(RotaryConfig.Read(parts));
        LinearBiases? biases = alibi ? LinearBiases.Falcon(parts.Heads, parts.Shape(0).Scale) : null;
        config.Ignore("num_kv_heads", "n_head_kv", "apply_residual_connection_post_layernorm", "rope_theta", "rope_scaling", "rope_parameters");
        string root = parts.Root("transformer.", "word_embeddings.weight");
        Weight embedding = parts.Embedding($"{root}word_embeddings"), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            AttentionShape shape = parts.Shape(i);
            LayerNorm Norm(string part) => parts.LayerNorm($"{name}.{part}", hidden, epsilon);
            Weight qkv = parts.Linear($"{name}.self_attention.query_key_value", (parts.Heads + 2 * parts.KeyValueHeads) * parts.HeadDim, hidden, bias);
            var projection = new FusedProjection(qkv, shape, shared ? QkvOrder.Blocks : QkvOrder.Heads);
            var attention = new SelfAttention(projection, parts.AttentionOutput($"{name}.self_attention.dense", bias), shape) { Rotary = rotary, Biases = biases };
            PlainMlp mlp = parts.PlainMlp($"{name}.mlp.dense_h_to_4h", $"{name}.mlp.dense_4h_to_h", width, activation, bias);
            if (!parallel)
                return new SequentialBlock(attention, mlp) { AttentionNorm = Norm("input_layernorm"), MlpNorm = Norm("post_attention_layernorm") };
            return grouped && norms == 2 ? new ParallelBlock(Norm("ln_attn"), attention, mlp, Norm("ln_mlp")) : new ParallelBlock(Norm("input_layernorm"), attention, mlp);
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) }, rotary?.Scaling);
    }
}
