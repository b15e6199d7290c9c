using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>Causal self-attention with rotary positions: multi-head, grouped-query or multi-query, by the number of key and value heads.</summary>
public sealed class SelfAttention
{
    private readonly Weight[] inputs;
    private readonly Weight[] outputs;
    private readonly RotaryEmbedding rotary;
    private readonly AttentionShape shape;

    /// <summary>The four linears; <paramref name="source"/> is what produces the input, if it can take up scales.</summary>
    public SelfAttention(Weight query, Weight key, Weight value, Weight output, RotaryEmbedding rotary, AttentionShape shape, InputSource? source = null)
    {
        inputs = [query, key, value];
        outputs = [output];
        this.rotary = rotary;
        this.shape = shape;
        Groups =
        [
            new("attention input", inputs) { Source = source, Module = Forward },
            new("attention heads", outputs) { Source = shape.HeadCount == shape.KeyValueHeadCount ? InputSource.Linear(value) : null, HeadValues = value, WritesHidden = true },
        ];
    }

    /// <summary>The linears: query, key and value read the block's input, output reads the heads.</summary>
    public IReadOnlyList<LinearGroup> Groups { get; }

    /// <summary>result = attention(x). Both [tokens, hidden].</summary>
    public void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Kernels kernels = context.Kernels;
        Matrix q = context.Buffer("queries", x.Rows, inputs[0].Rows), k = context.Buffer("keys", x.Rows, inputs[1].Rows), v = context.Buffer("values", x.Rows, inputs[2].Rows);
        Weight.Multiply(kernels, x, inputs, [q, k, v]);
        (Matrix cosines, Matrix sines) = rotary.Angles(context);
        kernels.Rotate(q, shape.HeadDim, cosines, sines);
        kernels.Rotate(k, shape.HeadDim, cosines, sines);
        context.KeyValueObserver?.Invoke(k, v);
        if (context.KeyValueFormat is { } format)
        {
            context.HeadRotation?.Apply(q.Reshape(shape.HeadDim), kernels);
            context.HeadRotation?.Apply(k.Reshape(shape.HeadDim), kernels);
            int group = context.KeyValueGroup == 0 ? shape.HeadDim : context.KeyValueGroup;
            if (context.Kivi is null)
            {
                kernels.RoundGroups(k, group, format);
                kernels.RoundGroups(v, group, format);
            }
        }
        AttentionShape pages = shape with { Kivi = context.Kivi };
        kernels.StoreKeyValues(k, v, context.StoreSpans, pages);
        if (context.Kivi is not null)
            kernels.RoundStored(context.StoreSpans, pages, context.KeyValueFormat!);
        Matrix heads = context.Buffer("heads", x.Rows, q.Columns);
        kernels.Attention(q, context.AttentionSpans, pages, heads);
        Weight.Multiply(kernels, heads, outputs, [result]);
    }
}
