using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// OPT (2205.01068): learned positions from row 2 on, layer norms, ReLU, biases everywhere. OPT-350M has its layer norms after the sums, none at the end, and projections between a
/// narrower embedding and the hidden states. Equals transformers' OPTForCausalLM.
/// </summary>
public sealed class Opt : ModelFamily
{
    private const int FirstPosition = 2;
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string ModelType => "opt";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("ffn_dim", 4 * hidden), embedded = config.Int("word_embed_proj_dim", hidden);
        bool before = config.Bool("do_layer_norm_before", true), bias = config.Bool("enable_bias", true), last = !config.Bool("_remove_final_layer_norm", false) && before;
        parts.Require("layer_norm_elementwise_affine", true);
        Activation activation = parts.Activation("activation_function", "relu");
        string root = parts.Root("model.", "decoder.embed_tokens.weight") + "decoder";
        Weight embedding = parts.Embedding($"{root}.embed_tokens", embedded), head = parts.Head(embedding, tied: true, width: embedded);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}.layers.{i}";
            LayerNorm first = parts.LayerNorm($"{name}.self_attn_layer_norm", hidden, Epsilon), second = parts.LayerNorm($"{name}.final_layer_norm", hidden, Epsilon);
            var attention = new SelfAttention(parts.Qkv($"{name}.self_attn", bias), parts.AttentionOutput($"{name}.self_attn.out_proj", bias), parts.Shape(i));
            return new SequentialBlock(attention, parts.PlainMlp($"{name}.fc1", $"{name}.fc2", width, activation, bias))
            {
                AttentionNorm = before ? first : null,
                MlpNorm = before ? second : null,
                AttentionOutputNorm = before ? null : first,
                MlpOutputNorm = before ? null : second,
                NormsSums = !before,
            };
        });
        var input = new InputLayer(embedding)
        {
            Projection = embedded == hidden ? null : parts.Linear($"{root}.project_in", hidden, embedded),
            Positions = parts.Linear($"{root}.embed_positions", parts.MaxLength + FirstPosition, hidden),
            FirstPosition = FirstPosition,
        };
        var output = new OutputLayer(head)
        {
            Norm = last ? parts.LayerNorm($"{root}.final_layer_norm", hidden, Epsilon) : null,
            Projection = embedded == hidden ? null : parts.Linear($"{root}.project_out", embedded, hidden),
        };
        return parts.Assemble(input, blocks, output);
    }
}
