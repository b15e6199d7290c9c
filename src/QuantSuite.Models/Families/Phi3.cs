using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Phi-3 and Phi-4-mini (2404.14219): Llama's blocks with fused linears, quantized as they are stored, perhaps a sliding window, and LongRoPE in the long variants.
/// Equals transformers' Phi3ForCausalLM.
/// </summary>
public sealed class Phi3 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "phi3";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 4096);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", 0);
        float epsilon = config.Float("rms_norm_eps", 1e-5f);
        parts.Require("attention_bias", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        config.Ignore("original_max_position_embeddings");
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Window = window };
            Weight qkv = parts.Linear($"{name}.self_attn.qkv_proj", (parts.Heads + 2 * parts.KeyValueHeads) * parts.HeadDim, hidden);
            var attention = new SelfAttention(new FusedProjection(qkv, shape, QkvOrder.Blocks), parts.AttentionOutput($"{name}.self_attn.o_proj"), shape) { Rotary = rotary };
            return new SequentialBlock(attention, parts.FusedGatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
