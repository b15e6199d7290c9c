using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Gemma (2403.08295): Llama's blocks with a tanh-GELU gate, norms whose gains are stored less 1, and token embeddings times √hidden. Its <c>hidden_act</c> of "gelu" means the
/// tanh form. Equals transformers' GemmaForCausalLM.
/// </summary>
public sealed class Gemma : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gemma";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 8192, headDim: 256, keyValueHeads: 16);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        bool bias = config.Bool("attention_bias", false);
        parts.Require("use_bidirectional_attention", false);
        Activation activation = GatedBy(parts);
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), parts.Shape(i)) { Rotary = rotary };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon, offset: 1),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon, offset: 1),
            };
        });
        return parts.Assemble(Input(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon, offset: 1) }, rotary.Scaling);
    }

    /// <summary>Token embeddings times √hidden.</summary>
    internal static InputLayer Input(Weight embedding) => new(embedding) { Factor = (float)Math.Sqrt(embedding.Columns) };

    /// <summary>The gate's activation: <c>hidden_activation</c> as it says; an old file's <c>hidden_act</c> of "gelu" was always computed by tanh.</summary>
    internal static Activation GatedBy(DecoderParts parts)
    {
        Activation named = parts.Activation("hidden_act", "gelu_pytorch_tanh");
        return parts.Config.Has("hidden_activation") ? parts.Activation("hidden_activation") : named == Activation.Gelu ? Activation.GeluTanh : named;
    }
}
