using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// StarCoder 2 (2402.19173): layer norms, rotary positions, grouped-query attention with a sliding window, a plain MLP, biases everywhere.
/// Equals transformers' Starcoder2ForCausalLM.
/// </summary>
public sealed class Starcoder2 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "starcoder2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 4096, keyValueHeads: 2);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", 0);
        float epsilon = config.Float("norm_epsilon", 1e-5f);
        bool bias = config.Bool("use_bias", true);
        parts.RequireWord("norm_type", "layer_norm");
        parts.RequireWord("mlp_type", "default");
        Activation activation = parts.Activation(fallback: "gelu_pytorch_tanh");
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Window = window };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), shape) { Rotary = rotary };
            return new SequentialBlock(attention, parts.PlainMlp($"{name}.mlp.c_fc", $"{name}.mlp.c_proj", width, activation, bias))
            {
                AttentionNorm = parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.LayerNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
