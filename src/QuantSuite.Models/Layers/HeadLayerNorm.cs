using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>A layer norm of every head by itself, without bias, with a gain of its own for each (Cohere's and StableLM's queries and keys).</summary>
/// <param name="weight">[heads · headDim].</param>
/// <param name="headDim">Columns that share one mean.</param>
/// <param name="epsilon">config.json's layer_norm_eps.</param>
public sealed class HeadLayerNorm(float[] weight, int headDim, float epsilon) : Norm
{
    /// <inheritdoc/>
    public override int Size => weight.Length;

    /// <inheritdoc/>
    public override InputSource Source { get; } = InputSource.CenteringNorm(weight);

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix y)
    {
        context.Kernels.LayerNorm(x.Reshape(headDim), default, default, epsilon, y.Reshape(headDim));
        context.Kernels.MultiplyColumns(weight, y);
    }
}
