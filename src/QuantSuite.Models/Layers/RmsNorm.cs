using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Root mean square norm (1910.07467): y = x / √(mean x² + epsilon) · weight.</summary>
/// <param name="weight">[hidden].</param>
/// <param name="epsilon">config.json's rms_norm_eps.</param>
public sealed class RmsNorm(float[] weight, float epsilon)
{
    /// <summary>The gain as a source of the linears that follow.</summary>
    public InputSource Source { get; } = InputSource.Norm(weight);

    /// <summary>y = norm(x); y may be x. Both [tokens, hidden].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix y) => context.Kernels.RmsNorm(x, weight, epsilon, y);
}
