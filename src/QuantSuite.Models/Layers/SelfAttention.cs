using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Causal self-attention with rotary positions: multi-head, grouped-query or multi-query, by the number of key and value heads.</summary>
public sealed class SelfAttention(Weight query, Weight key, Weight value, Weight output, RotaryEmbedding rotary, AttentionShape shape)
{
    private readonly Weight[] inputs = [query, key, value];
    private readonly Weight[] outputs = [output];

    /// <summary>The linears: query, key and value read the block's input, output reads the heads.</summary>
    public IReadOnlyList<LinearGroup> Groups { get; } = [new("attention input", [query, key, value]), new("attention heads", [output])];

    /// <summary>result = attention(x). Both [tokens, hidden].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Kernels kernels = context.Kernels;
        Matrix q = context.Buffer("queries", x.Rows, query.Rows), k = context.Buffer("keys", x.Rows, key.Rows), v = context.Buffer("values", x.Rows, value.Rows);
        Weight.Multiply(kernels, x, inputs, [q, k, v]);
        (Matrix cosines, Matrix sines) = rotary.Angles(context);
        kernels.Rotate(q, shape.HeadDim, cosines, sines);
        kernels.Rotate(k, shape.HeadDim, cosines, sines);
        if (context.KeyValueFormat is { } format)
        {
            int group = context.KeyValueGroup == 0 ? shape.HeadDim : context.KeyValueGroup;
            kernels.RoundGroups(k, group, format);
            kernels.RoundGroups(v, group, format);
        }
        kernels.StoreKeyValues(k, v, context.StoreSpans, shape);
        Matrix heads = context.Buffer("heads", x.Rows, query.Rows);
        kernels.Attention(q, context.AttentionSpans, shape, heads);
        Weight.Multiply(kernels, heads, outputs, [result]);
    }
}
