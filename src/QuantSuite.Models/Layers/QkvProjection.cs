using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>The linears that make queries, keys and values: three of them, or one whose outputs are cut.</summary>
public abstract class QkvProjection
{
    /// <summary>The linears.</summary>
    public abstract IReadOnlyList<Weight> Weights { get; }

    /// <summary>The linear of the values, or null where it makes other things too.</summary>
    public virtual Weight? Values => null;

    /// <summary>The values' rows as a source of the linear after the attention, or null where they are no run of rows.</summary>
    public abstract InputSource? ValueSource { get; }

    /// <summary>Queries [tokens, heads·headDim], keys and values [tokens, kvHeads·headDim] of x [tokens, hidden].</summary>
    public abstract (Matrix Queries, Matrix Keys, Matrix Values) Project(ForwardContext context, Matrix x);
}

/// <summary>A linear each.</summary>
public sealed class SplitProjection(Weight query, Weight key, Weight value) : QkvProjection
{
    private readonly Weight[] weights = [query, key, value];

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights => weights;

    /// <inheritdoc/>
    public override Weight? Values => value;

    /// <inheritdoc/>
    public override InputSource? ValueSource => InputSource.Linear(value);

    /// <inheritdoc/>
    public override (Matrix Queries, Matrix Keys, Matrix Values) Project(ForwardContext context, Matrix x)
    {
        Matrix q = context.Buffer("queries", x.Rows, query.Rows), k = context.Buffer("keys", x.Rows, key.Rows), v = context.Buffer("values", x.Rows, value.Rows);
        Weight.Multiply(context.Kernels, x, weights, [q, k, v]);
        return (q, k, v);
    }
}

/// <summary>How the outputs of a fused projection lie.</summary>
public enum QkvOrder
{
    /// <summary>All queries, all keys, all values (GPT-2, Phi-3, ChatGLM).</summary>
    Blocks,

    /// <summary>For each key-value head its queries, its key, its value (Falcon, BLOOM, GPT-NeoX).</summary>
    Heads,
}

/// <summary>One linear, quantized as it is stored, as the reference methods do; its outputs are cut into queries, keys and values.</summary>
public sealed class FusedProjection(Weight weight, AttentionShape shape, QkvOrder order) : QkvProjection
{
    private readonly Weight[] weights = [weight];

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights => weights;

    /// <inheritdoc/>
    public override InputSource? ValueSource =>
        order == QkvOrder.Blocks ? InputSource.Linear(weight, weight.Rows - shape.KeyValueHeadCount * shape.HeadDim) : null;

    /// <inheritdoc/>
    public override (Matrix Queries, Matrix Keys, Matrix Values) Project(ForwardContext context, Matrix x)
    {
        int keyWidth = shape.KeyValueHeadCount * shape.HeadDim, queryWidth = shape.HeadCount * shape.HeadDim;
        Matrix fused = context.Buffer("queries, keys and values", x.Rows, weight.Rows);
        Weight.Multiply(context.Kernels, x, weights, [fused]);
        Matrix q = context.Buffer("queries", x.Rows, queryWidth), k = context.Buffer("keys", x.Rows, keyWidth), v = context.Buffer("values", x.Rows, keyWidth);
        int runs = order == QkvOrder.Blocks ? 1 : shape.KeyValueHeadCount;
        for (int row = 0; row < x.Rows; row++)
        {
            ReadOnlySpan<float> rest = fused.Row(row);
            for (int run = 0; run < runs; run++)
            {
                rest = Take(rest, q.Row(row), run, queryWidth / runs);
                rest = Take(rest, k.Row(row), run, keyWidth / runs);
                rest = Take(rest, v.Row(row), run, keyWidth / runs);
            }
        }
        return (q, k, v);
    }

    private static ReadOnlySpan<float> Take(ReadOnlySpan<float> source, Span<float> destination, int run, int width)
    {
        source[..width].CopyTo(destination.Slice(run * width, width));
        return source[width..];
    }
}
