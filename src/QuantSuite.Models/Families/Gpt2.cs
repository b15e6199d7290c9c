using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// GPT-2 (OpenAI, 2019): learned positions, layer norms, fused queries, keys and values, tanh-GELU; linears lie as [in, out] (Conv1D). Equals transformers' GPT2LMHeadModel.
/// </summary>
public sealed class Gpt2 : ModelFamily
{
    /// <summary>The sizes' names, which GPT-J and StarCoder share.</summary>
    internal static readonly SizeKeys Keys = new() { Hidden = "n_embd", Layers = "n_layer", Heads = "n_head", MaxLength = "n_positions" };

    /// <inheritdoc/>
    public override string ModelType => "gpt2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, maxLength: 1024, keys: Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("n_inner", 4 * hidden);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool scales = config.Bool("scale_attn_weights", true), scalesByLayer = config.Bool("scale_attn_by_inverse_layer_idx", false);
        Activation activation = parts.Activation("activation_function", "gelu_new");
        config.Ignore("n_ctx", "reorder_and_upcast_attn");
        string root = parts.Root("transformer.", "wte.weight");
        Weight embedding = parts.Embedding($"{root}wte"), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            AttentionShape shape = parts.Shape(i);
            shape = shape with { Scale = (scales ? shape.Scale : 1) / (scalesByLayer ? i + 1 : 1) };
            Weight qkv = parts.Linear($"{name}.attn.c_attn", 3 * hidden, hidden, bias: true, transposed: true);
            Weight output = parts.Linear($"{name}.attn.c_proj", hidden, hidden, bias: true, transposed: true);
            var attention = new SelfAttention(new FusedProjection(qkv, shape, QkvOrder.Blocks), output, shape);
            return new SequentialBlock(attention, parts.PlainMlp($"{name}.mlp.c_fc", $"{name}.mlp.c_proj", width, activation, transposed: true))
            {
                AttentionNorm = parts.LayerNorm($"{name}.ln_1", hidden, epsilon),
                MlpNorm = parts.LayerNorm($"{name}.ln_2", hidden, epsilon),
            };
        });
        var input = new InputLayer(embedding) { Positions = parts.Linear($"{root}wpe", parts.MaxLength, hidden) };
        return parts.Assemble(input, blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) }, null, "*.attn.bias", "*.attn.masked_bias");
    }
}
