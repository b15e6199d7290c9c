using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Llama 1 to 3 and all that follow their layout (SmolLM2, TinyLlama, …): pre-norm blocks, rotary positions, multi-head or grouped-query attention, SwiGLU.
/// Equals transformers' LlamaForCausalLM.
/// </summary>
public sealed class Llama : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint) => Build(new DecoderParts(checkpoint));

    /// <summary>The decoder of some parts: those of a whole checkpoint, or of one part of it.</summary>
    internal static Architecture Build(DecoderParts parts)
    {
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        if (config.Int("pretraining_tp", 1) is var slices and not 1)
            throw new CheckpointException($"config.json: pretraining_tp {slices} slices the products; only 1 is supported.");
        bool attentionBias = config.Bool("attention_bias", false), mlpBias = config.Bool("mlp_bias", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", attentionBias), parts.AttentionOutput($"{name}.self_attn.o_proj", attentionBias), parts.Shape(i)) { Rotary = rotary };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation, mlpBias))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
