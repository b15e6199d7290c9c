using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>SmolLM3 (Hugging Face): Llama's blocks, of which every fourth has no rotary positions. Equals transformers' SmolLM3ForCausalLM.</summary>
public sealed class SmolLM3 : ModelFamily
{
    private const int DefaultInterval = 4;

    /// <inheritdoc/>
    public override string ModelType => "smollm3";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 32768, keyValueHeads: 4);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size");
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        bool attentionBias = config.Bool("attention_bias", false), mlpBias = config.Bool("mlp_bias", false), slidesAtAll = config.Bool("use_sliding_window", false);
        int interval = config.Int("no_rope_layer_interval", DefaultInterval), window = config.IntOrNone("sliding_window", 0);
        float[] turns = config.Floats("no_rope_layers") ?? [.. Enumerable.Range(0, parts.LayerCount).Select(layer => (layer + 1) % interval == 0 ? 0f : 1f)];
        if (turns.Length < parts.LayerCount)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: no_rope_layers has {turns.Length} numbers, expected one for each of {parts.LayerCount} layers.");
        bool[] slides = parts.Sliding(layer => slidesAtAll && window > 0 && turns[layer] == 0);
        Activation activation = parts.Activation();
        var rotary = new RotaryEmbedding(RotaryConfig.Read(parts, theta: 2e6f));
        Weight embedding = parts.Embedding(), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"model.layers.{i}";
            AttentionShape shape = parts.Shape(i) with { Window = slidesAtAll && slides[i] ? window : 0 };
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", attentionBias), parts.AttentionOutput($"{name}.self_attn.o_proj", attentionBias), shape)
            {
                Rotary = turns[i] != 0 ? rotary : null,
            };
            return new SequentialBlock(attention, parts.GatedMlp($"{name}.mlp", width, activation, mlpBias))
            {
                AttentionNorm = parts.RmsNorm($"{name}.input_layernorm", hidden, epsilon),
                MlpNorm = parts.RmsNorm($"{name}.post_attention_layernorm", hidden, epsilon),
            };
        });
        return parts.Assemble(new InputLayer(embedding), blocks, new OutputLayer(head) { Norm = parts.RmsNorm("model.norm", hidden, epsilon) }, rotary.Scaling);
    }
}
