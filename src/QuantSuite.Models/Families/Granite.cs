using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Granite 3 (IBM): Llama's blocks with four numbers of config.json: embeddings times <c>embedding_multiplier</c>, scores times <c>attention_multiplier</c>, every sub-layer's result
/// times <c>residual_multiplier</c>, logits divided by <c>logits_scaling</c>. Equals transformers' GraniteForCausalLM.
/// </summary>
public sealed class Granite : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "granite";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f), residual = config.Float("residual_multiplier", 1), scale = config.Float("attention_multiplier", 1);
        bool attentionBias = config.Bool("attention_bias", false), mlpBias = config.Bool("mlp_bias", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        var input = new InputLayer(parts.Embedding()) { Factor = config.Float("embedding_multiplier", 1) };
        Weight head = parts.Head(input.Tokens, tied: false);
        float logitFactor = 1 / config.Float("logits_scaling", 1);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Scale = scale };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", attentionBias), parts.AttentionOutput($"{name}.self_attn.o_proj", attentionBias), shape) { Rotary = rotary };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation, mlpBias))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
                ResidualFactor = residual,
            };
        });
        return parts.Assemble(input, blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon), Factor = logitFactor }, rotary.Scaling);
    }
}
