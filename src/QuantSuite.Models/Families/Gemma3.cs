using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Gemma 3's text model (2503.19786): Gemma 2's blocks with norms of every head of queries and keys; five layers of a sliding window with an unscaled base of their own to one of full
/// attention. Equals transformers' Gemma3ForCausalLM, which caps no scores, whatever <c>attn_logit_softcapping</c> says.
/// </summary>
public sealed class Gemma3 : ModelFamily
{
    private const int DefaultPattern = 6;

    /// <inheritdoc/>
    public override string ModelType => "gemma3_text";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 131072, headDim: 256, keyValueHeads: 4);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", 4096);
        float epsilon = config.Float("rms_norm_eps", 1e-6f), finalCap = config.FloatOrNone("final_logit_softcapping", 0);
        float scale = 1 / MathF.Sqrt(config.Float("query_pre_attn_scalar", 256));
        bool bias = config.Bool("attention_bias", false);
        int pattern = config.Int("sliding_window_pattern", config.Int("_sliding_window_pattern", DefaultPattern));
        bool[] slides = parts.Sliding(layer => (layer + 1) % pattern != 0);
        parts.Require("use_bidirectional_attention", false);
        config.Ignore("attn_logit_softcapping");
        Activation activation = Gemma.GatedBy(parts);
        (RotaryEmbedding full, RotaryEmbedding local) = (new(RotaryConfig.Read(parts, theta: 1e6f, kind: "full_attention")), new(Local(parts)));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Scale = scale, Window = slides[i] ? window : 0 };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), shape)
            {
                Rotary = slides[i] ? local : full,
                QueryNorm = parts.RmsNorm($"{name}.self_attn.q_norm", shape.HeadDim, epsilon, offset: 1),
                KeyNorm = parts.RmsNorm($"{name}.self_attn.k_norm", shape.HeadDim, epsilon, offset: 1),
            };
            return Gemma2.Block(parts, name, attention, parts.GatedMlp($"{name}.mlp", width, activation), epsilon);
        });
        var output = new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon, offset: 1), SoftCap = finalCap };
        return parts.Assemble(Gemma.Input(embedding), blocks, output, full.Scaling);
    }

    private static RotaryScaling Local(DecoderParts parts)
    {
        float theta = parts.Config.Float("rope_local_base_freq", 10000);
        return parts.Config.Object("rope_parameters")?.Object("sliding_attention") is not null
            ? RotaryConfig.Read(parts, theta, kind: "sliding_attention")
            : RotaryConfig.Plain(parts, theta);
    }
}
