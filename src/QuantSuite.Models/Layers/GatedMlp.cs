using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>down(f(gate(x)) · up(x)): SwiGLU (2002.05202) and its kin.</summary>
public sealed class GatedMlp : Sublayer
{
    private readonly Weight up;
    private readonly Activation activation;
    private readonly string gateBuffer, upBuffer;
    private readonly Weight[] inputs;
    private readonly Weight[] outputs;

    /// <summary>The three linears.</summary>
    public GatedMlp(Weight gate, Weight up, Weight down, Activation activation = Activation.Silu)
    {
        this.up = up;
        this.activation = activation;
        gateBuffer = $"gate {up.Rows}";
        upBuffer = $"up {up.Rows}";
        inputs = [gate, up];
        outputs = [down];
    }

    /// <inheritdoc/>
    public override string InputName => "mlp input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => inputs;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) => [new("mlp product", outputs) { Source = InputSource.Linear(up), WritesHidden = writesHidden }];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix g = context.Buffer(gateBuffer, x.Rows, up.Rows), u = context.Buffer(upBuffer, x.Rows, up.Rows);
        Weight.Multiply(context.Kernels, x, inputs, [g, u]);
        Gate(context.Kernels, g, u, activation);
        Weight.Multiply(context.Kernels, g, outputs, [result]);
    }

    /// <summary>gate = f(gate) · up.</summary>
    internal static void Gate(Kernels kernels, Matrix gate, Matrix up, Activation activation)
    {
        if (activation == Activation.Silu)
        {
            kernels.SiluMultiply(gate, up, gate);
            return;
        }
        kernels.Activate(gate, activation, gate);
        kernels.MultiplyElements(up, gate);
    }
}
