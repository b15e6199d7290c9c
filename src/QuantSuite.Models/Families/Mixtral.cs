using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Mixtral (2401.04088): Mistral's attention, and in place of the MLP a choice of two experts out of eight for each token, weighted by the router's softmax over those two.
/// Equals transformers' MixtralForCausalLM.
/// </summary>
public sealed class Mixtral : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "mixtral";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 4096 * 32, keyValueHeads: 8);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size"), window = config.IntOrNone("sliding_window", 0);
        int expertCount = config.Int("num_local_experts", 8), chosen = config.Int("num_experts_per_tok", 2);
        float epsilon = config.Float("rms_norm_eps", 1e-5f);
        config.Ignore("output_router_logits", "router_aux_loss_coef", "router_jitter_noise");
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, theta: 1e6f));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: false);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}", sparse = $"{name}.block_sparse_moe";
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn"), parts.AttentionOutput($"{name}.self_attn.o_proj"), parts.Shape(i) with { Window = window }) { Rotary = rotary };
            GatedMlp Expert(string expert) => new(
                parts.Linear($"{expert}.w1", width, hidden), parts.Linear($"{expert}.w3", width, hidden), parts.Linear($"{expert}.w2", hidden, width), activation);
            GatedMlp[] experts = [.. Enumerable.Range(0, expertCount).Select(expert => Expert($"{sparse}.experts.{expert}"))];
            return new SequentialBlock(attention, new MixtureOfExperts(parts.Linear($"{sparse}.gate", expertCount, hidden), experts, chosen, normalizes: true))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
