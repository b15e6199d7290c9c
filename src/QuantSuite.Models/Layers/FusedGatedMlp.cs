using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>A <see cref="GatedMlp"/> whose gate and up are one linear, gate first, quantized as it is stored.</summary>
public sealed class FusedGatedMlp : Sublayer
{
    private readonly int width;
    private readonly Activation activation;
    private readonly Weight[] inputs;
    private readonly Weight[] outputs;

    /// <summary>gate and up [2·intermediate, hidden], and down.</summary>
    public FusedGatedMlp(Weight gateUp, Weight down, Activation activation = Activation.Silu)
    {
        width = down.Columns;
        this.activation = activation;
        inputs = [gateUp];
        outputs = [down];
    }

    /// <inheritdoc/>
    public override string InputName => "mlp input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => inputs;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) =>
        [new("mlp product", outputs) { Source = InputSource.Linear(inputs[0], width), WritesHidden = writesHidden }];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix both = context.Buffer("gate and up", x.Rows, 2 * width), g = context.Buffer("gate", x.Rows, width), u = context.Buffer("up", x.Rows, width);
        Weight.Multiply(context.Kernels, x, inputs, [both]);
        for (int row = 0; row < x.Rows; row++)
        {
            both.Row(row)[..width].CopyTo(g.Row(row));
            both.Row(row)[width..].CopyTo(u.Row(row));
        }
        GatedMlp.Gate(context.Kernels, g, u, activation);
        Weight.Multiply(context.Kernels, g, outputs, [result]);
    }
}
