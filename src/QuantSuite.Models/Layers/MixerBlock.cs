using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>A block of one sub-layer: h += mixer(norm(h)).</summary>
public sealed class MixerBlock(Norm norm, Sublayer mixer) : DecoderBlock
{
    private IReadOnlyList<LinearGroup>? groups;

    /// <inheritdoc/>
    public override IReadOnlyList<LinearGroup> Groups => groups ??= [.. mixer.Groups(norm.Source)];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix hidden)
    {
        Matrix normed = context.Buffer("normed", hidden.Rows, hidden.Columns), change = context.Buffer("change", hidden.Rows, hidden.Columns);
        norm.Forward(context, hidden, normed);
        mixer.Forward(context, normed, change);
        context.Kernels.Add(change, hidden);
    }
}
