using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Mamba 2's mixer (2405.21060): one linear gives a gate, x with B and C, and a time step for each head; the convolution covers x, B and C; heads have one A and D each; the result
/// times SiLU of the gate goes through a root mean square norm. Both linears are quantized.
/// </summary>
public sealed class Mamba2Mixer : Sublayer
{
    private readonly Weight[] inputs, outputs;
    private readonly CausalConvolution convolution;
    private readonly Matrix decay;
    private readonly float[] skip, stepBias;
    private readonly RmsNorm norm;
    private readonly ScanShape shape;

    /// <summary>A layer.</summary>
    /// <param name="input">[2·channels + 2·groups·states + heads, hidden].</param>
    /// <param name="output">[hidden, channels].</param>
    /// <param name="convolution">Of channels, B and C.</param>
    /// <param name="decay">A by channel, [1, channels].</param>
    /// <param name="skip">D by channel.</param>
    /// <param name="stepBias">Bias of the time steps, [heads].</param>
    /// <param name="norm">Of the channels.</param>
    public Mamba2Mixer(Weight input, Weight output, CausalConvolution convolution, Matrix decay, float[] skip, float[] stepBias, RmsNorm norm, ScanShape shape)
    {
        (inputs, outputs) = ([input], [output]);
        (this.convolution, this.decay, this.skip, this.stepBias, this.norm, this.shape) = (convolution, decay, skip, stepBias, norm, shape);
    }

    /// <summary>Bounds of the time steps, config.json's time_step_limit.</summary>
    public (float Least, float Most) StepLimits { get; init; } = (0, float.PositiveInfinity);

    /// <inheritdoc/>
    public override string InputName => "mixer input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => inputs;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) => [new("mixer product", outputs) { Source = norm.Source, WritesHidden = writesHidden }];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Kernels kernels = context.Kernels;
        int rows = x.Rows, channels = shape.ChannelCount, size = shape.GroupCount * shape.StateSize, heads = stepBias.Length;
        Matrix all = context.Buffer("mixer input", rows, inputs[0].Rows), gate = context.Buffer("mixer gate", rows, channels);
        Matrix mixed = context.Buffer("mixer x, B and C", rows, channels + 2 * size), headSteps = context.Buffer("head steps", rows, heads);
        Weight.Multiply(kernels, x, inputs, [all]);
        MambaMixer.Cut(all, [gate, mixed, headSteps]);
        convolution.Forward(context, mixed, mixed);
        Matrix u = context.Buffer("mixer channels", rows, channels), b = context.Buffer("scan B", rows, size), c = context.Buffer("scan C", rows, size);
        MambaMixer.Cut(mixed, [u, b, c]);
        kernels.AddBias(stepBias, headSteps);
        kernels.Activate(headSteps, Activation.Softplus, headSteps);
        Matrix dt = context.Buffer("time steps", rows, channels), y = context.Buffer("scan output", rows, channels);
        Spread(headSteps, dt);
        kernels.Scan(u, dt, decay, b, c, skip, context.StateSpans, shape, y);
        kernels.SiluMultiply(gate, y, y);
        norm.Forward(context, y, y);
        Weight.Multiply(kernels, y, outputs, [result]);
    }

    private void Spread(Matrix headSteps, Matrix dt)
    {
        int run = dt.Columns / headSteps.Columns;
        for (int row = 0; row < dt.Rows; row++)
            for (int head = 0; head < headSteps.Columns; head++)
                dt.Row(row).Slice(head * run, run).Fill(MathF.Max(StepLimits.Least, MathF.Min(StepLimits.Most, headSteps[row, head])));
    }
}
