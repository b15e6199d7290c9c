using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Gemma 2 (2408.00118): Gemma with norms on the way out too, scores scaled by <c>query_pre_attn_scalar</c>^−½ and softly capped, a sliding window in every other layer, and softly
/// capped logits. Equals transformers' Gemma2ForCausalLM.
/// </summary>
public sealed class Gemma2 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gemma2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 8192, headDim: 256, keyValueHeads: 4);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", 4096);
        float epsilon = config.Float("rms_norm_eps", 1e-6f), cap = config.FloatOrNone("attn_logit_softcapping", 50), finalCap = config.FloatOrNone("final_logit_softcapping", 30);
        float scale = 1 / MathF.Sqrt(config.Float("query_pre_attn_scalar", 256));
        bool bias = config.Bool("attention_bias", false);
        bool[] slides = parts.Sliding(layer => layer % 2 == 0);
        parts.Require("use_bidirectional_attention", false);
        Activation activation = Gemma.GatedBy(parts);
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Scale = scale, SoftCap = cap, Window = slides[i] ? window : 0 };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), shape) { Rotary = rotary };
            return Block(parts, name, attention, parts.GatedMlp($"{name}.mlp", width, activation), epsilon);
        });
        var output = new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon, offset: 1), SoftCap = finalCap };
        return parts.Assemble(Gemma.Input(embedding), blocks, output, rotary.Scaling);
    }

    /// <summary>A block with norms on the way in and out.</summary>
    internal static SequentialBlock Block(DecoderParts parts, string name, SelfAttention attention, Sublayer mlp, float epsilon)
    {
        RmsNorm Norm(string part) => parts.RmsNorm($"{name}.{part}", parts.HiddenSize, epsilon, offset: 1);
        return new SequentialBlock(attention, mlp)
        {
            AttentionNorm = Norm("input_layernorm"),
            AttentionOutputNorm = Norm("post_attention_layernorm"),
            MlpNorm = Norm("pre_feedforward_layernorm"),
            MlpOutputNorm = Norm("post_feedforward_layernorm"),
        };
    }
}
