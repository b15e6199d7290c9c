using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// StableLM (Stability AI): Llama's blocks with layer norms and a quarter of each head turning; perhaps biases of queries, keys and values, norms of their heads, and attention and MLP
/// side by side (StableLM 2 12B). Equals transformers' StableLmForCausalLM.
/// </summary>
public sealed class StableLm : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "stablelm";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 4096);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("layer_norm_eps", 1e-5f);
        bool bias = config.Bool("use_qkv_bias", false), parallel = config.Bool("use_parallel_residual", false), normed = config.Bool("qk_layernorm", false);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, partial: 0.25f));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.o_proj"), parts.Shape(i))
            {
                Rotary = rotary,
                QueryNorm = normed ? HeadNorms(parts, $"{name}.self_attn.q_layernorm", parts.Heads, epsilon) : null,
                KeyNorm = normed ? HeadNorms(parts, $"{name}.self_attn.k_layernorm", parts.KeyValueHeads, epsilon) : null,
            };
            GatedMlp mlp = parts.GatedMlp($"{name}.mlp", width, activation);
            LayerNorm norm = parts.LayerNorm($"{name}.input_layernorm", hidden, epsilon);
            return parallel
                ? new ParallelBlock(norm, attention, mlp)
                : new SequentialBlock(attention, mlp) { AttentionNorm = norm, MlpNorm = parts.LayerNorm($"{name}.post_attention_layernorm", hidden, epsilon) };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.LayerNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }

    // A norm for each head; GGUF files hold them as rows of one tensor.
    private static HeadLayerNorm HeadNorms(DecoderParts parts, string name, int heads, float epsilon) => new(
        parts.Has($"{name}.weight")
            ? parts.Tensor($"{name}.weight", heads, parts.HeadDim)
            : [.. Enumerable.Range(0, heads).SelectMany(head => parts.Tensor($"{name}.norms.{head}.weight", parts.HeadDim))],
        parts.HeadDim, epsilon);
}
