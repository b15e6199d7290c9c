using QuantSuite.Evaluation.Statistics;
using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>
/// The positions at which items are scored, with what full precision says there: the continuations of all choices, the tokens of a text, or of the text that full
/// precision generates. Its hidden states are kept, so that every comparison runs one model and not two.
/// </summary>
internal sealed class ScoredPositions : IDisposable
{
    private const int RowLimit = 4;

    private readonly List<(ScoredSequence Sequence, LogitStream Full)> sequences = [];

    /// <summary>Runs full precision over the items' sequences until so many tokens were fed; at least the first sequence is taken.</summary>
    /// <param name="asked">The items with full precision's outcomes.</param>
    public ScoredPositions(DecoderModel full, IEnumerable<(EvalItem Item, ItemOutcome Full)> asked, int tokenLimit, CancellationToken cancellation)
    {
        int tokens = 0;
        foreach (ScoredSequence sequence in asked.SelectMany(item => ItemSequences.Of(full, item.Item, item.Full)))
        {
            cancellation.ThrowIfCancellationRequested();
            tokens += sequence.Ids.Length;
            if (sequences.Count > 0 && tokens > tokenLimit)
                break;
            sequences.Add((sequence, new LogitStream(full, sequence.Ids.AsSpan(0, sequence.Ids.Length - 1), RowLimit)));
        }
    }

    /// <summary>Scored positions.</summary>
    public int Count => sequences.Sum(entry => entry.Sequence.Ids.Length - entry.Sequence.FirstScored);

    /// <summary>Mean KL(full precision ‖ model), nats.</summary>
    public double MeanKl(DecoderModel model, CancellationToken cancellation)
    {
        double sum = 0;
        foreach ((ScoredSequence sequence, LogitStream full) in sequences)
        {
            cancellation.ThrowIfCancellationRequested();
            using var now = new LogitStream(model, sequence.Ids.AsSpan(0, sequence.Ids.Length - 1), RowLimit);
            for (int first = sequence.FirstScored - 1; first < now.RowCount; first += RowLimit)
            {
                int count = Math.Min(RowLimit, now.RowCount - first);
                Matrix b = full.Rows(first, count), q = now.Rows(first, count);
                for (int i = 0; i < count; i++)
                    sum += TokenDivergence.Of(b.Row(i), q.Row(i), sequence.Ids[first + i + 1]).Kl;
            }
        }
        return sum / Math.Max(1, Count);
    }

    public void Dispose()
    {
        foreach ((_, LogitStream full) in sequences)
            full.Dispose();
    }
}
