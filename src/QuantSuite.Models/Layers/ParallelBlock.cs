using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Attention and MLP side by side, h += attention(norm(h)) + mlp(norm'(h)): GPT-J, GPT-NeoX, Falcon, Phi, Cohere. One norm may feed both; then all their inputs are one group.</summary>
/// <param name="mlpNorm">The MLP's own norm, or null where it reads what the attention reads.</param>
public sealed class ParallelBlock(Norm norm, SelfAttention attention, Sublayer mlp, Norm? mlpNorm = null) : DecoderBlock
{
    private IReadOnlyList<LinearGroup>? groups;

    /// <inheritdoc/>
    public override IReadOnlyList<LinearGroup> Groups => groups ??= mlpNorm is null
        ? [new("block input", [.. attention.Inputs, .. mlp.Inputs]) { Source = norm.Source, Routers = mlp.Routers, Module = Both }, .. attention.InnerGroups(true), .. mlp.InnerGroups(true)]
        : [.. attention.Groups(norm.Source), .. mlp.Groups(mlpNorm.Source)];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix hidden)
    {
        Matrix normed = context.Buffer("normed", hidden.Rows, hidden.Columns), change = context.Buffer("change", hidden.Rows, hidden.Columns);
        Matrix fed = context.Buffer("mlp change", hidden.Rows, hidden.Columns);
        norm.Forward(context, hidden, normed);
        attention.Forward(context, normed, change);
        mlpNorm?.Forward(context, hidden, normed);
        mlp.Forward(context, normed, fed);
        context.Kernels.Add(fed, change);
        context.Kernels.Add(change, hidden);
    }

    private void Both(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix fed = context.Buffer("mlp change", x.Rows, x.Columns);
        attention.Forward(context, x, result);
        mlp.Forward(context, x, fed);
        context.Kernels.Add(fed, result);
    }
}
