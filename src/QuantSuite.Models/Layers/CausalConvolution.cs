using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>A causal depthwise convolution and SiLU; the last K − 1 inputs are a sequence's state.</summary>
public sealed class CausalConvolution
{
    private readonly Matrix taps;
    private readonly float[] bias;
    private readonly long offset;

    /// <summary>A convolution.</summary>
    /// <param name="weight">[channels, 1, K].</param>
    /// <param name="bias">[channels], or null for zeros.</param>
    /// <param name="offset">Floats before its rows in a sequence's state.</param>
    public CausalConvolution(float[] weight, float[]? bias, int channels, long offset)
    {
        this.bias = bias ?? new float[channels];
        this.offset = offset;
        taps = new Matrix(weight.Length / channels, channels);
        for (int k = 0; k < taps.Rows; k++)
            for (int channel = 0; channel < channels; channel++)
                taps[k, channel] = weight[channel * taps.Rows + k];
    }

    /// <summary>y = silu(convolution(x)); y may be x. Both [tokens, channels].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix y)
    {
        context.Kernels.Convolve(x, taps, bias, context.StateSpans, offset, y);
        context.Kernels.Activate(y, Activation.Silu, y);
    }
}
