using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>SwiGLU (2002.05202): down(silu(gate(x)) · up(x)).</summary>
public sealed class GatedMlp(Weight gate, Weight up, Weight down)
{
    private readonly Weight[] inputs = [gate, up];
    private readonly Weight[] outputs = [down];

    /// <summary>The linears: gate and up read the block's input, down reads their product.</summary>
    public IReadOnlyList<LinearGroup> Groups { get; } = [new("mlp input", [gate, up]), new("mlp product", [down])];

    /// <summary>result = mlp(x). Both [tokens, hidden].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix g = context.Buffer("gate", x.Rows, gate.Rows), u = context.Buffer("up", x.Rows, up.Rows);
        Weight.Multiply(context.Kernels, x, inputs, [g, u]);
        context.Kernels.SiluMultiply(g, u, g);
        Weight.Multiply(context.Kernels, g, outputs, [result]);
    }
}
