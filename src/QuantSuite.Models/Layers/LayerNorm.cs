using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Layer norm (1607.06450): y = (x − mean x) / √(variance of x + epsilon) · weight + bias.</summary>
/// <param name="weight">[columns].</param>
/// <param name="bias">[columns], or null.</param>
/// <param name="epsilon">config.json's layer_norm_eps or its like.</param>
public sealed class LayerNorm(float[] weight, float[]? bias, float epsilon) : Norm
{
    /// <inheritdoc/>
    public override int Size => weight.Length;

    /// <inheritdoc/>
    public override InputSource Source { get; } = InputSource.CenteringNorm(bias is null ? [weight] : [weight, bias]);

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix y) => context.Kernels.LayerNorm(x, weight, bias, epsilon, y);
}
