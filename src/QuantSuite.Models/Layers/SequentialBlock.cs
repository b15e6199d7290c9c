using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Attention, then MLP, each added to the hidden states: h += out(attention(in(h))), h += out(mlp(in(h))), where each of the four norms may be missing. Llama has the two on the way
/// in, OLMo 2 those on the way out, Gemma 2 and GLM-4 all four.
/// </summary>
public sealed class SequentialBlock(SelfAttention attention, Sublayer mlp) : DecoderBlock
{
    private IReadOnlyList<LinearGroup>? groups;

    /// <summary>The norm before the attention.</summary>
    public Norm? AttentionNorm { get; init; }

    /// <summary>The norm of the attention's result.</summary>
    public Norm? AttentionOutputNorm { get; init; }

    /// <summary>The norm before the MLP.</summary>
    public Norm? MlpNorm { get; init; }

    /// <summary>The norm of the MLP's result.</summary>
    public Norm? MlpOutputNorm { get; init; }

    /// <summary>Factor of both results (Granite).</summary>
    public float ResidualFactor { get; init; } = 1;

    /// <summary>Whether the norms on the way in also replace what results are added to (BLOOM's apply_residual_connection_post_layernorm).</summary>
    public bool AddsToNormed { get; init; }

    /// <summary>Whether the norms on the way out are taken of the sums, h = out(h + attention(h)), as in the first transformers (OPT-350M).</summary>
    public bool NormsSums { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<LinearGroup> Groups => groups ??=
    [
        .. attention.Groups(SourceOf(AttentionNorm), AttentionOutputNorm is null),
        .. mlp.Groups(SourceOf(MlpNorm), MlpOutputNorm is null),
    ];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix hidden)
    {
        Run(context, hidden, AttentionNorm, attention, AttentionOutputNorm);
        Run(context, hidden, MlpNorm, mlp, MlpOutputNorm);
    }

    // A norm that feeds the residual too cannot take up scales for the linears alone.
    private InputSource? SourceOf(Norm? norm) => AddsToNormed ? null : norm?.Source;

    private void Run(ForwardContext context, Matrix hidden, Norm? input, Sublayer layer, Norm? output)
    {
        Matrix normed = hidden, change = context.Buffer("change", hidden.Rows, hidden.Columns);
        if (input is not null)
        {
            normed = AddsToNormed ? hidden : context.Buffer("normed", hidden.Rows, hidden.Columns);
            input.Forward(context, hidden, normed);
        }
        layer.Forward(context, normed, change);
        if (!NormsSums)
            output?.Forward(context, change, change);
        if (ResidualFactor != 1)
            context.Kernels.Scale(change, ResidualFactor);
        context.Kernels.Add(change, hidden);
        if (NormsSums)
            output?.Forward(context, hidden, hidden);
    }
}
