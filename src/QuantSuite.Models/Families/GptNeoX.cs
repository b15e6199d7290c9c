using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// GPT-NeoX and Pythia (2204.06745, 2304.01373): attention and MLP side by side, each with its own layer norm; queries, keys and values of each head together; a quarter of a head turns.
/// Equals transformers' GPTNeoXForCausalLM.
/// </summary>
public sealed class GptNeoX : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_neox";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, keys: new SizeKeys { KeyValueHeads = "" });
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("layer_norm_eps", 1e-5f);
        bool parallel = config.Bool("use_parallel_residual", true), bias = config.Bool("attention_bias", true);
        Activation activation = parts.Activation(fallback: "gelu");
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, config.Float("rotary_emb_base", 10000), config.Float("rotary_pct", 0.25f)));
        string root = parts.Root("gpt_neox.", "embed_in.weight");
        Weight embedding = parts.Embedding($"{root}embed_in"), head = parts.Head(embedding, tied: false, "embed_out");
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}layers.{i}";
            AttentionShape shape = parts.Shape(i);
            var projection = new FusedProjection(parts.Linear($"{name}.attention.query_key_value", 3 * hidden, hidden, bias), shape, QkvOrder.Heads);
            var attention = new SelfAttention(projection, parts.AttentionOutput($"{name}.attention.dense", bias), shape) { Rotary = rotary };
            PlainMlp mlp = parts.PlainMlp($"{name}.mlp.dense_h_to_4h", $"{name}.mlp.dense_4h_to_h", width, activation);
            LayerNorm norm = parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon), mlpNorm = parts.LayerNorm($"{name}.post_attention_layernorm", hidden, epsilon);
            return parallel ? new ParallelBlock(norm, attention, mlp, mlpNorm) : new SequentialBlock(attention, mlp) { AttentionNorm = norm, MlpNorm = mlpNorm };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}final_layer_norm", hidden, epsilon) }, rotary.Scaling,
            "*.attention.bias", "*.attention.masked_bias");
    }
}
