using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Root mean square norm (1910.07467): y = x / √(mean x² + epsilon) · weight.</summary>
/// <param name="weight">[columns]; Gemma's, which is stored less 1, is given whole.</param>
/// <param name="epsilon">config.json's rms_norm_eps.</param>
public sealed class RmsNorm(float[] weight, float epsilon) : Norm
{
    /// <inheritdoc/>
    public override int Size => weight.Length;

    /// <inheritdoc/>
    public override InputSource Source { get; } = InputSource.Norm(weight);

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix y) => context.Kernels.RmsNorm(x, weight, epsilon, y);
}
