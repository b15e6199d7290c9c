using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Mamba's mixer (2312.00752): x and a gate from one linear; a causal convolution and SiLU of x; time steps, B and C from x; a selective state space; its result times SiLU of the gate
/// through a linear. All four linears are quantized, the convolution and A, D stay as they are.
/// </summary>
public sealed class MambaMixer : Sublayer
{
    private readonly Weight[] inputs, scanInputs, steps, outputs;
    private readonly CausalConvolution convolution;
    private readonly Matrix decay;
    private readonly float[] skip;
    private readonly ScanShape shape;

    /// <summary>A layer.</summary>
    /// <param name="input">[2·channels, hidden].</param>
    /// <param name="scanInput">[rank + 2·states, channels].</param>
    /// <param name="step">[channels, rank], with a bias.</param>
    /// <param name="output">[hidden, channels].</param>
    /// <param name="convolution">Of the channels.</param>
    /// <param name="decay">A, [states, channels].</param>
    /// <param name="skip">D, [channels].</param>
    public MambaMixer(Weight input, Weight scanInput, Weight step, Weight output, CausalConvolution convolution, Matrix decay, float[] skip, ScanShape shape)
    {
        (inputs, scanInputs, steps, outputs) = ([input], [scanInput], [step], [output]);
        (this.convolution, this.decay, this.skip, this.shape) = (convolution, decay, skip, shape);
    }

    /// <inheritdoc/>
    public override string InputName => "mixer input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => inputs;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) =>
        [new("scan input", scanInputs), new("time steps", steps), new("mixer product", outputs) { WritesHidden = writesHidden }];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Kernels kernels = context.Kernels;
        int rows = x.Rows, channels = shape.ChannelCount, size = shape.StateSize, rank = steps[0].Columns;
        Matrix both = context.Buffer("mixer input", rows, 2 * channels), u = context.Buffer("mixer channels", rows, channels), gate = context.Buffer("mixer gate", rows, channels);
        Weight.Multiply(kernels, x, inputs, [both]);
        Cut(both, [u, gate]);
        convolution.Forward(context, u, u);
        Matrix scanned = context.Buffer("scan input", rows, rank + 2 * size), low = context.Buffer("low-rank steps", rows, rank);
        Matrix b = context.Buffer("scan B", rows, size), c = context.Buffer("scan C", rows, size), dt = context.Buffer("time steps", rows, channels);
        Weight.Multiply(kernels, u, scanInputs, [scanned]);
        Cut(scanned, [low, b, c]);
        Weight.Multiply(kernels, low, steps, [dt]);
        kernels.Activate(dt, Activation.Softplus, dt);
        Matrix y = context.Buffer("scan output", rows, channels);
        kernels.Scan(u, dt, decay, b, c, skip, context.StateSpans, shape, y);
        kernels.SiluMultiply(gate, y, y);
        Weight.Multiply(kernels, y, outputs, [result]);
    }

    /// <summary>Cuts the columns of a matrix into parts.</summary>
    internal static void Cut(Matrix source, ReadOnlySpan<Matrix> parts)
    {
        int first = 0;
        foreach (Matrix part in parts)
        {
            for (int row = 0; row < source.Rows; row++)
                source.Row(row).Slice(first, part.Columns).CopyTo(part.Row(row));
            first += part.Columns;
        }
    }
}
