using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// OLMo 2 (2501.00656): no norm on the way in, one on the way out of attention and MLP, and a root mean square norm over all heads of the queries together, and of the keys.
/// Equals transformers' Olmo2ForCausalLM.
/// </summary>
public sealed class Olmo2 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "olmo2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-5f);
        bool bias = config.Bool("attention_bias", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), parts.Shape(i))
            {
                Rotary = rotary,
                QueryNorm = parts.RmsNorm($"{name}.self_attn.q_norm", parts.Heads * parts.HeadDim, epsilon),
                KeyNorm = parts.RmsNorm($"{name}.self_attn.k_norm", parts.KeyValueHeads * parts.HeadDim, epsilon),
            };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation))
            {
                AttentionOutputNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
                MlpOutputNorm = parts.RmsNorm($"{name}.post_feedforward_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
