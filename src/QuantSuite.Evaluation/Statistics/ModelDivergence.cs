using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Two models over the same tokens, position by position: exact divergences over the whole vocabulary, computed as they go. Memory is that of sixteen rows
/// of logits of each model; llama.cpp stores the base model's logits of all tokens first (34 GiB for WikiText-2 and 128,256 tokens).
/// </summary>
public static class ModelDivergence
{
    /// <summary>Compares the models on sequences of token ids; each sequence is a chunk of its own.</summary>
    /// <param name="full">The base model b.</param>
    /// <param name="judged">The model q, of the same vocabulary.</param>
    /// <param name="firstScored">How many tokens of each sequence are context only; llama.cpp scores the second half of a chunk.</param>
    public static DivergenceSummary Of(DecoderModel full, DecoderModel judged, IEnumerable<int[]> sequences, int firstScored = 1, CancellationToken cancellation = default)
    {
        var summary = new DivergenceSummary();
        int chunk = 0;
        foreach (int[] ids in sequences)
        {
            cancellation.ThrowIfCancellationRequested();
            string name = $"{chunk++}";
            Visit(full, judged, ids, firstScored, (_, token) => summary.Add(token, name));
        }
        return summary;
    }

    /// <summary>One sequence; <paramref name="take"/> gets each scored position and its divergence.</summary>
    public static void Visit(DecoderModel full, DecoderModel judged, ReadOnlySpan<int> ids, int firstScored, Action<int, TokenDivergence> take)
    {
        if (ids.Length < 2)
            return;
        using var before = new LogitStream(full, ids[..^1]);
        using var now = new LogitStream(judged, ids[..^1]);
        for (int first = Math.Max(0, firstScored - 1); first < before.RowCount; first += before.RowLimit)
        {
            int count = Math.Min(before.RowLimit, before.RowCount - first);
            Matrix b = before.Rows(first, count), q = now.Rows(first, count);
            for (int i = 0; i < count; i++)
                take(first + i + 1, TokenDivergence.Of(b.Row(i), q.Row(i), ids[first + i + 1]));
        }
    }
}
