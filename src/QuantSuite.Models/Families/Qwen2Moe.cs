using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Qwen 1.5 and 2 with a mixture of experts (2407.10671): <see cref="Qwen2"/>'s attention, <see cref="QwenExperts"/> with one shared by all tokens.
/// Windows are every other layer's before <c>max_window_layers</c>. Equals transformers' Qwen2MoeForCausalLM.
/// </summary>
public sealed class Qwen2Moe : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen2_moe";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 32768, keyValueHeads: 16);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize;
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        bool bias = config.Bool("qkv_bias", true);
        int[] windows = QwenWindows.Read(parts, static (layer, full) => layer % 2 == 0 && layer < full);
        var experts = new QwenExperts(parts, (Experts: 60, Chosen: 4, Width: 1408, Shared: 5632));
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Window = windows[i] };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj"), shape) { Rotary = rotary };
            return new SequentialBlock(attention, experts.Mlp($"{name}.mlp", i))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
