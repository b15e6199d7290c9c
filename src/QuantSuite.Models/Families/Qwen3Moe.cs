using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;

namespace QuantSuite.Models.Families;

/// <summary>Qwen 3 with a mixture of experts (2505.09388): <see cref="Qwen3"/>'s attention and <see cref="QwenExperts"/>. Equals transformers' Qwen3MoeForCausalLM.</summary>
public sealed class Qwen3Moe : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen3_moe";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 32768, keyValueHeads: 4);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize;
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        bool bias = config.Bool("attention_bias", false), slides = config.Bool("use_sliding_window", false);
        int window = config.IntOrNone("sliding_window", 4096);
        bool[] sliding = parts.Sliding(_ => slides);
        config.Ignore("max_window_layers");
        var experts = new QwenExperts(parts, (Experts: 128, Chosen: 8, Width: 768, Shared: 0));
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            SelfAttention attention = Qwen3.Attention(parts, name, parts.Shape(i) with { Window = slides && sliding[i] ? window : 0 }, rotary, epsilon, bias);
            return new SequentialBlock(attention, experts.Mlp($"{name}.mlp", i))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
