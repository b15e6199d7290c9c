using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>From ids to the first hidden states: norm(project(factor · token) + position), where all but the token may be missing.</summary>
/// <param name="tokens">[vocabulary, embedding width].</param>
public sealed class InputLayer(Weight tokens)
{
    /// <summary>The token embedding.</summary>
    public Weight Tokens => tokens;

    /// <summary>Factor of the token embeddings (Gemma's √hidden, Granite's embedding_multiplier).</summary>
    public float Factor { get; init; } = 1;

    /// <summary>A linear [hidden, embedding width] in full precision, or null (OPT-350M's project_in).</summary>
    public Weight? Projection { get; init; }

    /// <summary>Learned positions [rows, hidden], or null.</summary>
    public Weight? Positions { get; init; }

    /// <summary>The row of position 0: OPT's positions begin with 2.</summary>
    public int FirstPosition { get; init; }

    /// <summary>A norm of the sum, or null (BLOOM's word_embeddings_layernorm).</summary>
    public Norm? Norm { get; init; }

    /// <summary>Columns of the hidden states.</summary>
    public int HiddenSize => Projection?.Rows ?? tokens.Columns;

    /// <summary>The weights beside the tokens.</summary>
    public IEnumerable<Weight> Others
    {
        get
        {
            if (Projection is not null)
                yield return Projection;
            if (Positions is not null)
                yield return Positions;
        }
    }

    /// <summary>hidden [ids, hidden size] of the context's pass.</summary>
    public void Forward(ForwardContext context, IReadOnlyList<int> ids, Matrix hidden)
    {
        Matrix embedded = Projection is null ? hidden : context.Buffer("token embeddings", ids.Count, tokens.Columns);
        for (int i = 0; i < ids.Count; i++)
            tokens.Panels.CopyRow(ids[i], embedded.Row(i));
        if (Factor != 1)
            context.Kernels.Scale(embedded, Factor);
        foreach ((int row, Matrix features, int index) in context.Features)
            features.Row(index).CopyTo(embedded.Row(row));
        if (Projection is not null)
            Weight.Multiply(context.Kernels, embedded, [Projection], [hidden]);
        if (Positions is not null)
            AddPositions(context, Positions, hidden);
        Norm?.Forward(context, hidden, hidden);
    }

    private void AddPositions(ForwardContext context, Weight positions, Matrix hidden)
    {
        Matrix rows = context.Buffer("position embeddings", hidden.Rows, hidden.Columns);
        for (int i = 0; i < hidden.Rows; i++)
            positions.Panels.CopyRow(context.Positions[i] + FirstPosition, rows.Row(i));
        context.Kernels.Add(rows, hidden);
    }
}
