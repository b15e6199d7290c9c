using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>second(f(first(x))).</summary>
public sealed class PlainMlp : Sublayer
{
    private readonly Activation activation;
    private readonly Weight[] inputs;
    private readonly Weight[] outputs;

    /// <summary>The two linears.</summary>
    public PlainMlp(Weight first, Weight second, Activation activation)
    {
        this.activation = activation;
        inputs = [first];
        outputs = [second];
    }

    /// <inheritdoc/>
    public override string InputName => "mlp input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => inputs;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) =>
    [
        // A positive scale passes through ReLU, and through nothing else.
        new("mlp product", outputs) { Source = activation == Activation.Relu ? InputSource.Linear(inputs[0]) : null, WritesHidden = writesHidden },
    ];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix inner = context.Buffer("gate", x.Rows, inputs[0].Rows);
        Weight.Multiply(context.Kernels, x, inputs, [inner]);
        context.Kernels.Activate(inner, activation, inner);
        Weight.Multiply(context.Kernels, inner, outputs, [result]);
    }
}
