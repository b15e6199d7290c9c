using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// The MLPs of Qwen's mixtures: experts in every <c>decoder_sparse_step</c>-th layer that <c>mlp_only_layers</c> does not name, a plain gated MLP in the others; Qwen 2 adds an expert
/// that every token goes through, behind a gate of its own.
/// </summary>
internal sealed class QwenExperts
{
    private readonly DecoderParts parts;
    private readonly Activation activation;
    private readonly int denseWidth, expertWidth, sharedWidth, expertCount, chosen, step;
    private readonly bool normalizes;
    private readonly float[] denseLayers;

    /// <summary>Reads config.json.</summary>
    /// <param name="defaults">What holds where config.json does not say: experts, how many of them for a token, their width, and the shared one's, 0 where the family has none.</param>
    public QwenExperts(DecoderParts parts, (int Experts, int Chosen, int Width, int Shared) defaults)
    {
        this.parts = parts;
        ModelConfig config = parts.Config;
        activation = parts.Activation();
        denseWidth = config.Int("intermediate_size", 4 * parts.HiddenSize);
        expertWidth = config.Int("moe_intermediate_size", defaults.Width);
        sharedWidth = defaults.Shared == 0 ? 0 : config.Int("shared_expert_intermediate_size", defaults.Shared);
        expertCount = config.Int("num_experts", config.Int("num_local_experts", defaults.Experts));
        chosen = config.Int("num_experts_per_tok", defaults.Chosen);
        step = Math.Max(1, config.Int("decoder_sparse_step", 1));
        normalizes = config.Bool("norm_topk_prob", false);
        denseLayers = config.Floats("mlp_only_layers") ?? [];
        config.Ignore("output_router_logits", "router_aux_loss_coef");
    }

    /// <summary>The MLP of a layer, whose tensors begin with <paramref name="name"/>.</summary>
    public Sublayer Mlp(string name, int layer)
    {
        if (expertCount == 0 || denseLayers.Contains(layer) || (layer + 1) % step != 0)
            return parts.GatedMlp(name, denseWidth, activation);
        GatedMlp[] experts = [.. Enumerable.Range(0, expertCount).Select(expert => parts.GatedMlp($"{name}.experts.{expert}", expertWidth, activation))];
        return new MixtureOfExperts(parts.Linear($"{name}.gate", expertCount, parts.HiddenSize), experts, chosen, normalizes)
        {
            Shared = sharedWidth == 0 ? null : parts.GatedMlp($"{name}.shared_expert", sharedWidth, activation),
            SharedGate = sharedWidth == 0 ? null : parts.Linear($"{name}.shared_expert_gate", 1, parts.HiddenSize),
        };
    }
}
