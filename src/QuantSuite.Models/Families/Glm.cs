using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// GLM-4 9B and GLM-Edge (2406.12793): Llama's blocks where half of each head turns in neighbouring pairs, with biases of queries, keys and values, and fused gate and up, quantized as
/// stored. Equals transformers' GlmForCausalLM.
/// </summary>
public sealed class Glm : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "glm";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint) => Build(checkpoint, normsOutputs: false);

    /// <summary>The model, with or without norms on the way out.</summary>
    internal static Architecture Build(Checkpoint checkpoint, bool normsOutputs)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 131072, headDim: 128, keyValueHeads: 2);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1.5625e-07f);
        bool bias = config.Bool("attention_bias", true);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, partial: 0.5f)) { IsInterleaved = true };
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            RmsNorm Norm(string part) => parts.RmsNorm($"{name}.{part}", hidden, epsilon);
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj"), parts.Shape(i)) { Rotary = rotary };
            return new SequentialBlock(attention, parts.FusedGatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = Norm("input_layernorm"),
                AttentionOutputNorm = normsOutputs ? Norm("post_self_attn_layernorm") : null,
                MlpNorm = Norm("post_attention_layernorm"),
                MlpOutputNorm = normsOutputs ? Norm("post_mlp_layernorm") : null,
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
