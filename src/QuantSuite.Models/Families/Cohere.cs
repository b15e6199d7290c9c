using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Command R (Cohere): one layer norm without bias feeds attention and a gated MLP side by side; heads turn in neighbouring pairs; perhaps a layer norm of every head of queries and
/// keys; logits times <c>logit_scale</c>. Equals transformers' CohereForCausalLM.
/// </summary>
public sealed class Cohere : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "cohere";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 8192);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("layer_norm_eps", 1e-5f), logitScale = config.Float("logit_scale", 0.0625f);
        bool bias = config.Bool("attention_bias", false), normed = config.Bool("use_qk_norm", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, theta: 500000)) { IsInterleaved = true };
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj", bias), parts.Shape(i))
            {
                Rotary = rotary,
                QueryNorm = normed ? new HeadLayerNorm(parts.Tensor($"{name}.self_attn.q_norm.weight", parts.Heads, parts.HeadDim), parts.HeadDim, epsilon) : null,
                KeyNorm = normed ? new HeadLayerNorm(parts.Tensor($"{name}.self_attn.k_norm.weight", parts.KeyValueHeads, parts.HeadDim), parts.HeadDim, epsilon) : null,
            };
            return new ParallelBlock(parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon, bias: false), attention, parts.GatedMlp($"{name}.mlp", width, activation));
        });
        var output = new OutputLayer(head) { Norm = parts.LayerNorm("model.norm", hidden, epsilon, bias: false), Factor = logitScale };
        return parts.Assemble(new InputLayer(embedding), blocks, output, rotary.Scaling);
    }
}
