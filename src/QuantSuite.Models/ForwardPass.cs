using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>
/// The rows of one pass through the model: tokens of many sequences of different lengths, without padding, prefill and decode mixed as they come.
/// A sequence may be forked from one whose tokens stand in the same pass; then the last, partly shared page is filled from the same rows.
/// </summary>
public sealed class ForwardPass
{
    private readonly List<int> ids = [];
    private readonly List<int> positions = [];
    private readonly List<int> finalLengths = [];
    private readonly List<(int Row, Matrix Features, int Index)> features = [];
    private readonly List<(Sequence Sequence, AttentionSpan Span)> own = [];
    private readonly List<(Sequence Sequence, AttentionSpan Span)> inherited = [];
    private readonly Dictionary<Sequence, List<AttentionSpan>> rows = [];

    /// <summary>Rows so far.</summary>
    public int TokenCount => ids.Count;

    /// <summary>Token ids by row.</summary>
    public IReadOnlyList<int> Ids => ids;

    /// <summary>Positions in their sequences by row.</summary>
    public IReadOnlyList<int> Positions => positions;

    /// <summary>Declared final lengths of their sequences by row.</summary>
    public IReadOnlyList<int> FinalLengths => finalLengths;

    /// <summary>Rows whose embedding is a feature of an image: the row, the features, and which of them.</summary>
    public IReadOnlyList<(int Row, Matrix Features, int Index)> Features => features;

    /// <summary>Appends tokens to a sequence. Returns the row of the first.</summary>
    public int Add(Sequence sequence, ReadOnlySpan<int> tokens)
    {
        int firstRow = ids.Count, firstPosition = sequence.Length;
        for (int i = 0; i < tokens.Length; i++)
        {
            int id = tokens[i];
            if (sequence.Images is { } images && id == images.Token)
            {
                features.Add((ids.Count, images.Features, sequence.UsedFeatureCount++));
                id = 0; // an image's token may lie outside of the vocabulary
            }
            ids.Add(id);
            positions.Add(firstPosition + i);
            finalLengths.Add(sequence.FinalLength);
        }
        sequence.Extend(tokens.Length);
        var span = new AttentionSpan(firstRow, tokens.Length, firstPosition, []);
        own.Add((sequence, span));
        RowsOf(sequence).Add(span);
        return firstRow;
    }

    /// <summary>A sequence that begins with the first <paramref name="length"/> positions of another, which may itself stand in this pass.</summary>
    /// <param name="finalLength">The fork's declared length.</param>
    public Sequence Fork(Sequence parent, int length, int finalLength)
    {
        Sequence fork = parent.Fork(length, finalLength);
        if (!rows.TryGetValue(parent, out List<AttentionSpan>? spans))
            return fork;
        int firstOwned = parent.SharedPageCount(length) * AttentionShape.PageWidth;
        foreach (AttentionSpan span in spans)
            if (Clip(span, 0, length) is { RowCount: > 0 } seen)
            {
                RowsOf(fork).Add(seen);
                if (Clip(seen, firstOwned, length) is { RowCount: > 0 } copied)
                    inherited.Add((fork, copied));
            }
        return fork;
    }

    /// <summary>The row of this pass that computes a position of a sequence, or null where an earlier pass did.</summary>
    public int? FindRow(Sequence sequence, int position)
    {
        if (rows.TryGetValue(sequence, out List<AttentionSpan>? spans))
            foreach (AttentionSpan span in spans)
                if (position >= span.FirstPosition && position < span.FirstPosition + span.RowCount)
                    return span.FirstRow + position - span.FirstPosition;
        return null;
    }

    /// <summary>The spans that attend: one for each piece added.</summary>
    internal AttentionSpan[] AttentionSpans() => [.. own.Select(Located)];

    /// <summary>The spans whose keys and values are put in pages: pieces added, and the shared rows of forks.</summary>
    internal AttentionSpan[] StoreSpans() => [.. own.Concat(inherited).Select(Located)];

    /// <summary>The spans of a recurrent model.</summary>
    internal StateSpan[] StateSpans() => [.. own.Select(item => new StateSpan(item.Span.FirstRow, item.Span.RowCount, item.Span.FirstPosition, item.Sequence.StateAddress))];

    private static AttentionSpan Located((Sequence Sequence, AttentionSpan Span) item) => item.Span with { Pages = item.Sequence.PageAddresses() };

    private static AttentionSpan Clip(AttentionSpan span, int first, int end)
    {
        int from = Math.Max(span.FirstPosition, first), to = Math.Min(span.FirstPosition + span.RowCount, end);
        return new AttentionSpan(span.FirstRow + from - span.FirstPosition, Math.Max(0, to - from), from, []);
    }

    private List<AttentionSpan> RowsOf(Sequence sequence)
    {
        if (!rows.TryGetValue(sequence, out List<AttentionSpan>? spans))
            rows[sequence] = spans = [];
        return spans;
    }
}
