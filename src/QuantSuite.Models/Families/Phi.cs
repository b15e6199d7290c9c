using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Phi-1, 1.5 and 2 (2309.05463): one layer norm feeds attention and MLP side by side, part of each head turns, biases everywhere, of the head too.
/// Equals transformers' PhiForCausalLM.
/// </summary>
public sealed class Phi : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "phi";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("layer_norm_eps", 1e-5f);
        bool normed = config.Bool("qk_layernorm", false);
        Activation activation = parts.Activation(fallback: "gelu_new");
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, partial: 0.5f));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false, bias: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias: true), parts.AttentionOutput($"{name}.self_attn.dense", bias: true), parts.Shape(i))
            {
                Rotary = rotary,
                QueryNorm = normed ? parts.LayerNorm($"{name}.self_attn.q_layernorm", parts.HeadDim, epsilon) : null,
                KeyNorm = normed ? parts.LayerNorm($"{name}.self_attn.k_layernorm", parts.HeadDim, epsilon) : null,
            };
            return new ParallelBlock(parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon), attention, parts.PlainMlp($"{name}.mlp.fc1", $"{name}.mlp.fc2", width, activation));
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm("model.final_layernorm", hidden, epsilon) }, rotary.Scaling);
    }
}
