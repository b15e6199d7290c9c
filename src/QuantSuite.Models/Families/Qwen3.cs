using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>Qwen 3 (2505.09388): Llama's blocks, with a root mean square norm of every head of queries and keys before they turn. Equals transformers' Qwen3ForCausalLM.</summary>
public sealed class Qwen3 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen3";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 32768, headDim: 128, keyValueHeads: 32);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        bool bias = config.Bool("attention_bias", false);
        int[] windows = QwenWindows.Read(parts);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            return new SequentialBlock(Attention(parts, name, parts.Shape(i) with { Window = windows[i] }, rotary, epsilon, bias), parts.GatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }

    /// <summary>The attention of a layer, which the mixture of experts shares.</summary>
    internal static SelfAttention Attention(DecoderParts parts, string name, AttentionShape shape, RotaryEmbedding rotary, float epsilon, bool bias) =>
        new(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), shape)
        {
            Rotary = rotary,
            QueryNorm = parts.RmsNorm($"{name}.self_attn.q_norm", shape.HeadDim, epsilon),
            KeyNorm = parts.RmsNorm($"{name}.self_attn.k_norm", shape.HeadDim, epsilon),
        };
}
