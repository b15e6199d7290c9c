using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Qwen 1.5, 2 and 2.5 (2407.10671): Llama's blocks with biases of queries, keys and values; layers from <c>max_window_layers</c> on have a sliding window where
/// <c>use_sliding_window</c> says so. Equals transformers' Qwen2ForCausalLM.
/// </summary>
public sealed class Qwen2 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 32768, keyValueHeads: 32);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        int[] windows = QwenWindows.Read(parts);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Window = windows[i] };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias: true), parts.AttentionOutput($"{name}.self_attn.o_proj"), shape) { Rotary = rotary };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
