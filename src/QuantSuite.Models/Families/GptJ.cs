using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// GPT-J 6B (EleutherAI, 2021): one layer norm feeds attention and MLP side by side; the first <c>rotary_dim</c> dimensions of a head turn in neighbouring pairs.
/// Equals transformers' GPTJForCausalLM.
/// </summary>
public sealed class GptJ : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gptj";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, keys: Gpt2.Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("n_inner", 4 * hidden);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        parts.Require("rotary", true);
        parts.Require("scale_attn_weights", true);
        config.Ignore("n_ctx");
        Activation activation = parts.Activation("activation_function", "gelu_new");
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, rotated: config.Int("rotary_dim", 64))) { IsInterleaved = true };
        string root = parts.Root("transformer.", "wte.weight");
        Weight embedding = parts.Embedding($"{root}wte"), head = parts.Head(embedding, tied: false, bias: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.attn"), parts.AttentionOutput($"{name}.attn.out_proj"), parts.Shape(i)) { Rotary = rotary };
            return new ParallelBlock(parts.LayerNorm($"{name}.ln_1", hidden, epsilon), attention, parts.PlainMlp($"{name}.mlp.fc_in", $"{name}.mlp.fc_out", width, activation));
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) }, rotary.Scaling,
            "*.attn.bias", "*.attn.masked_bias");
    }
}
