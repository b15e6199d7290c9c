using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>Mistral 7B (2310.06825) and its kin: Llama's blocks, where a token sees itself and the <c>sliding_window</c> − 1 before it. Equals transformers' MistralForCausalLM.</summary>
public sealed class Mistral : ModelFamily
{
    private const int DefaultWindow = 4096;

    /// <inheritdoc/>
    public override string ModelType => "mistral";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 4096 * 32, keyValueHeads: 8);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", DefaultWindow);
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn"), parts.AttentionOutput($"{name}.self_attn.o_proj"), parts.Shape(i) with { Window = window }) { Rotary = rotary };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
