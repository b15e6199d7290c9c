using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Causal self-attention: multi-head, grouped-query or multi-query by the number of key and value heads. What families add to it is an option: rotary positions, norms of queries and
/// keys, and, in the shape, a sliding window, a soft cap and ALiBi's biases.
/// </summary>
public sealed class SelfAttention : Sublayer
{
    private readonly QkvProjection projection;
    private readonly Weight[] outputs;
    private readonly AttentionShape shape;

    /// <summary>The linears, and the sizes of heads.</summary>
    public SelfAttention(QkvProjection projection, Weight output, AttentionShape shape)
    {
        this.projection = projection;
        outputs = [output];
        this.shape = shape;
    }

    /// <summary>Rotary positions, or null where the layer has none.</summary>
    public RotaryEmbedding? Rotary { get; init; }

    /// <summary>A norm of the queries before they turn, over each head or all of them; or null.</summary>
    public Norm? QueryNorm { get; init; }

    /// <summary>A norm of the keys, likewise.</summary>
    public Norm? KeyNorm { get; init; }

    /// <summary>Queries, keys and values are cut off at ± this; 0 for no limit (OLMo's clip_qkv).</summary>
    public float Clip { get; init; }

    /// <summary>ALiBi's biases, or null.</summary>
    public LinearBiases? Biases { get; init; }

    /// <inheritdoc/>
    public override string InputName => "attention input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => projection.Weights;

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) =>
    [
        new("attention heads", outputs)
        {
            Source = shape.HeadCount == shape.KeyValueHeadCount ? projection.ValueSource : null,
            HeadValues = projection.Values,
            WritesHidden = writesHidden,
        },
    ];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        Kernels kernels = context.Kernels;
        (Matrix q, Matrix k, Matrix v) = projection.Project(context, x);
        if (Clip > 0)
            foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[q, k, v])
                CutOff(matrix, Clip);
        QueryNorm?.ForwardRuns(context, q);
        KeyNorm?.ForwardRuns(context, k);
        Rotary?.Rotate(context, q, k, shape.HeadDim);
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
        AttentionShape pages = shape with { Kivi = context.Kivi, Biases = Biases?.UpTo(context.LongestLength) };
        kernels.StoreKeyValues(k, v, context.StoreSpans, pages);
        if (context.Kivi is not null)
            kernels.RoundStored(context.StoreSpans, pages, context.KeyValueFormat!);
        Matrix heads = context.Buffer("heads", x.Rows, q.Columns);
        kernels.Attention(q, context.AttentionSpans, pages, heads);
        Weight.Multiply(kernels, heads, outputs, [result]);
    }

    private static void CutOff(Matrix x, float limit)
    {
        foreach (ref float value in x.Span)
            value = MathF.Max(-limit, MathF.Min(limit, value));
    }
}
