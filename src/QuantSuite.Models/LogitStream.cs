using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>
/// The logits of one sequence a few rows at a time: the hidden states are kept [tokens, hidden size], the head is taken when rows are asked for, so that
/// comparing two models needs memory for some rows of the vocabulary and never for all tokens of it. Equal to <see cref="DecoderModel.Logits"/> bit by bit.
/// </summary>
public sealed class LogitStream : IDisposable
{
    private readonly DecoderModel model;
    private readonly Matrix hidden;
    private readonly Matrix rows;
    private readonly Matrix logits;

    /// <summary>Runs the model over a sequence.</summary>
    /// <param name="ids">At most <see cref="DecoderModel.MaxLength"/> token ids.</param>
    /// <param name="rowLimit">The most rows that are asked for at once.</param>
    public LogitStream(DecoderModel model, ReadOnlySpan<int> ids, int rowLimit = 16)
    {
        this.model = model;
        hidden = model.Hidden(ids);
        rows = new Matrix(rowLimit, hidden.Columns);
        logits = new Matrix(rowLimit, model.Architecture.Head.Rows);
        RowLimit = rowLimit;
    }

    /// <summary>The most rows of one call.</summary>
    public int RowLimit { get; }

    /// <summary>Tokens of the sequence.</summary>
    public int RowCount => hidden.Rows;

    /// <summary>Logits [count, vocabulary] after tokens <paramref name="first"/> and following; valid until the next call.</summary>
    public Matrix Rows(int first, int count)
    {
        Matrix taken = rows.Slice(0, count), result = logits.Slice(0, count);
        for (int i = 0; i < count; i++)
            hidden.Row(first + i).CopyTo(taken.Row(i));
        model.Head(taken, result);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        hidden.Dispose();
        rows.Dispose();
        logits.Dispose();
    }
}
