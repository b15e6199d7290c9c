using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>SwiGLU (2002.05202): down(silu(gate(x)) · up(x)).</summary>
public sealed class GatedMlp
{
    private readonly Weight gate;
    private readonly Weight up;
    private readonly Weight[] inputs;
    private readonly Weight[] outputs;

    /// <summary>The three linears; <paramref name="source"/> is what produces the input, if it can take up scales.</summary>
    public GatedMlp(Weight gate, Weight up, Weight down, InputSource? source = null)
    {
        (this.gate, this.up) = (gate, up);
        inputs = [gate, up];
        outputs = [down];
        Groups = [new("mlp input", inputs) { Source = source, Module = Forward }, new("mlp product", outputs) { Source = InputSource.Linear(up), WritesHidden = true }];
    }

    /// <summary>The linears: gate and up read the block's input, down reads their product.</summary>
    public IReadOnlyList<LinearGroup> Groups { get; }

    /// <summary>result = mlp(x). Both [tokens, hidden].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix g = context.Buffer("gate", x.Rows, gate.Rows), u = context.Buffer("up", x.Rows, up.Rows);
        Weight.Multiply(context.Kernels, x, inputs, [g, u]);
        context.Kernels.SiluMultiply(g, u, g);
        Weight.Multiply(context.Kernels, g, outputs, [result]);
    }
}
