namespace QuantSuite.Numerics;

/// <summary>
/// Causal attention over the pages of the KV cache. Queries are taken eight at a time: the heads that share a key-value head, at neighbouring positions.
/// A page of keys is a panel of 16 positions, so scores come from the same tiles as a matrix product. The values are summed for four queries at once up to
/// the position that all of them see, and one query at a time from there; a position that a query does not see is never touched (0·∞ is NaN).
/// </summary>
internal sealed unsafe class VectorAttention
{
    private const int PageWidth = AttentionShape.PageWidth;
    private const int RowBlock = 8;

    private readonly StripMultiplier multiply;
    private readonly Matrix queries, output;
    private readonly AttentionSpan[] spans;
    private readonly AttentionShape shape;
    private readonly int headsPerKey;
    private readonly int[] taskEnds;

    public VectorAttention(StripMultiplier multiply, Matrix queries, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, Matrix output)
    {
        this.multiply = multiply;
        this.queries = queries;
        this.output = output;
        this.spans = spans.ToArray();
        this.shape = shape;
        headsPerKey = shape.HeadCount / shape.KeyValueHeadCount;
        taskEnds = new int[spans.Length];
        int count = 0;
        for (int i = 0; i < spans.Length; i++)
            taskEnds[i] = count += BlockCount(this.spans[i]) * shape.KeyValueHeadCount;
    }

    /// <summary>Attends every row of every span.</summary>
    public void Run(WorkerPool pool) => pool.Run(taskEnds is [.., int count] ? count : 0, RunTask);

    /// <summary><see cref="ScalarKernels.StoreKeyValues"/>, page by page.</summary>
    public static void Store(WorkerPool pool, Matrix keys, Matrix values, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape)
    {
        foreach (AttentionSpan span in spans)
        {
            int firstPage = span.FirstPosition / PageWidth, endPage = (span.FirstPosition + span.RowCount + PageWidth - 1) / PageWidth;
            pool.Run(span.RowCount == 0 ? 0 : endPage - firstPage, task => StorePage(keys, values, span, shape, firstPage + task));
        }
    }

    private static void StorePage(Matrix keys, Matrix values, AttentionSpan span, AttentionShape shape, int page)
    {
        int first = Math.Max(span.FirstPosition, page * PageWidth), end = Math.Min(span.FirstPosition + span.RowCount, (page + 1) * PageWidth);
        for (int head = 0; head < shape.KeyValueHeadCount; head++)
        {
            float* keyPage = (float*)span.Pages[page] + shape.KeyOffset(head), valuePage = keyPage + shape.HeadFloats;
            for (int position = first; position < end; position++)
            {
                long source = (long)(span.FirstRow + position - span.FirstPosition) * keys.Columns + head * shape.HeadDim;
                int slot = position % PageWidth;
                float* key = keys.Pointer + source;
                for (int d = 0; d < shape.HeadDim; d++)
                    keyPage[d * PageWidth + slot] = key[d];
                new Span<float>(values.Pointer + source, shape.HeadDim).CopyTo(new Span<float>(valuePage + slot * shape.HeadDim, shape.HeadDim));
            }
        }
    }

    private int BlockCount(AttentionSpan span) => (span.RowCount * headsPerKey + RowBlock - 1) / RowBlock;

    private void RunTask(int task)
    {
        int i = Array.BinarySearch(taskEnds, task + 1);
        i = i < 0 ? ~i : i;
        while (i > 0 && taskEnds[i - 1] > task)
            i--;
        AttentionSpan span = spans[i];
        // The last rows see the most positions: they go first.
        int within = taskEnds[i] - 1 - task, block = within / shape.KeyValueHeadCount, first = block * RowBlock;
        Attend(span, within % shape.KeyValueHeadCount, first, Math.Min(RowBlock, span.RowCount * headsPerKey - first));
    }

    // Row r of a block is head (first + r) % headsPerKey of the key-value head, at new position (first + r) / headsPerKey.
    private void Attend(AttentionSpan span, int keyHead, int first, int rowCount)
    {
        int headDim = shape.HeadDim, longest = LengthOf(span, first + rowCount - 1), origin = FirstOf(span, first) / PageWidth * PageWidth;
        nint stride = (longest - origin + Strip.Width - 1) / Strip.Width * Strip.Width;
        float* query = Scratch.Floats(RowBlock * (2 * headDim + 2 * stride)), sums = query + RowBlock * headDim;
        // Indexed by position: the pages before the first row's window take no room.
        float* weights = sums + RowBlock * headDim - origin;
        for (int r = 0; r < rowCount; r++)
            VectorMath.Scale(RowOf(queries, span, keyHead, first + r), shape.Scale, query + r * headDim, headDim);
        Score(span, shape.KeyOffset(keyHead), query, rowCount, origin, longest, weights, stride);
        if (shape.Kivi is { } kivi)
            ScoreRounded(kivi, span, keyHead, query, first, rowCount, weights, stride, weights + RowBlock * stride);
        float* totals = stackalloc float[RowBlock];
        for (int r = 0; r < rowCount; r++)
            totals[r] = Soften(weights + r * stride, span, first + r, keyHead);
        if (shape.Kivi is null)
            AddValues(span, keyHead, first, rowCount, weights, stride, sums);
        else
            AddRoundedValues(shape.Kivi.Value, span, keyHead, first, rowCount, weights, stride, sums);
        for (int r = 0; r < rowCount; r++)
            VectorMath.Divide(sums + r * headDim, totals[r], RowOf(output, span, keyHead, first + r), headDim);
    }

    // Positions that a row sees.
    private int LengthOf(AttentionSpan span, int row) => shape.LengthOf(span, row / headsPerKey);

    // The first of them.
    private int FirstOf(AttentionSpan span, int row) => shape.FirstOf(LengthOf(span, row));

    // Scores of a row to weights; positions of its first page that it does not see get weight 0. Returns the sum.
    private float Soften(float* scores, AttentionSpan span, int row, int keyHead)
    {
        int length = LengthOf(span, row), first = shape.FirstOf(length), begin = first / PageWidth * PageWidth;
        if (shape.SoftCap > 0)
            VectorActivations.SoftCap(scores + first, shape.SoftCap, length - first);
        if (shape.Biases is { } biases)
            VectorMath.Add(biases.Pointer + (long)(keyHead * headsPerKey + row % headsPerKey) * biases.Columns + first, scores + first, length - first);
        new Span<float>(scores + begin, first - begin).Fill(float.NegativeInfinity);
        return VectorMath.SoftmaxWeights(scores + begin, length - begin);
    }

    // Rows in fours up to what the first of them sees (beyond the last row with leftover weights, for sums that nobody reads), then each alone.
    private void AddValues(AttentionSpan span, int keyHead, int first, int rowCount, float* weights, nint stride, float* sums)
    {
        long offset = shape.KeyOffset(keyHead) + shape.HeadFloats;
        if (shape.Window != 0 && FirstOf(span, first + rowCount - 1) > 0)
        {
            AddWindows(span, offset, first, rowCount, weights, stride, sums);
            return;
        }
        for (int r = 0; r < rowCount; r += ValueSums.RowsAtOnce)
            ValueSums.AddFour(weights + r * stride, stride, span.Pages, offset, 0, LengthOf(span, first + r), shape.HeadDim, sums + r * shape.HeadDim);
        for (int r = 0; r < rowCount; r++)
        {
            int common = LengthOf(span, first + r / ValueSums.RowsAtOnce * ValueSums.RowsAtOnce);
            if (common < LengthOf(span, first + r))
                ValueSums.AddOne(weights + r * stride, span.Pages, offset, common, LengthOf(span, first + r), shape.HeadDim, sums + r * shape.HeadDim);
        }
    }

    // Rows in fours over the positions that all of them see; what comes before and after, each alone.
    private void AddWindows(AttentionSpan span, long offset, int first, int rowCount, float* weights, nint stride, float* sums)
    {
        int headDim = shape.HeadDim;
        new Span<float>(sums, RowBlock * headDim).Clear();
        for (int four = 0; four < rowCount; four += ValueSums.RowsAtOnce)
        {
            int last = Math.Min(four + ValueSums.RowsAtOnce, rowCount), end = LengthOf(span, first + four), begin = Math.Min(end, FirstOf(span, first + last - 1));
            for (int r = four; r < last; r++)
                ValueSums.AddOne(weights + r * stride, span.Pages, offset, Math.Min(begin, FirstOf(span, first + r)), begin, headDim, sums + r * headDim);
            if (begin < end)
                ValueSums.AddFour(weights + four * stride, stride, span.Pages, offset, begin, end, headDim, sums + four * headDim);
            for (int r = four; r < last; r++)
                ValueSums.AddOne(weights + r * stride, span.Pages, offset, Math.Max(end, FirstOf(span, first + r)), LengthOf(span, first + r), headDim, sums + r * headDim);
        }
    }

    // Rows of a block differ in how many keys they see rounded: the rounded scores go beside, and to their rows from there.
    private void ScoreRounded(KiviCache kivi, AttentionSpan span, int keyHead, float* query, int first, int rowCount, float* scores, nint stride, float* rounded)
    {
        int most = kivi.RoundedKeyCount(LengthOf(span, first + rowCount - 1) - 1);
        if (most == 0)
            return;
        int origin = FirstOf(span, first) / PageWidth * PageWidth;
        if (most <= origin)
            return;
        Score(span, shape.Rounded.KeyOffset(keyHead), query, rowCount, origin, most, rounded, stride);
        for (int r = 0; r < rowCount; r++)
            if (kivi.RoundedKeyCount(LengthOf(span, first + r) - 1) - origin is > 0 and var count)
                new Span<float>(rounded + r * stride + origin, count).CopyTo(new Span<float>(scores + r * stride + origin, count));
    }

    // Fours up to what the first of them sees rounded, then each row alone: the rest of its rounded values, and its float ones.
    private void AddRoundedValues(KiviCache kivi, AttentionSpan span, int keyHead, int first, int rowCount, float* weights, nint stride, float* sums)
    {
        long rounded = shape.Rounded.KeyOffset(keyHead) + shape.HeadFloats, offset = shape.KeyOffset(keyHead) + shape.HeadFloats;
        if (shape.Window != 0)
        {
            AddRoundedWindows(kivi, span, rounded, offset, first, rowCount, weights, stride, sums);
            return;
        }
        for (int r = 0; r < rowCount; r += ValueSums.RowsAtOnce)
            ValueSums.AddFour(weights + r * stride, stride, span.Pages, rounded, 0, kivi.RoundedValueCount(LengthOf(span, first + r) - 1), shape.HeadDim, sums + r * shape.HeadDim);
        for (int r = 0; r < rowCount; r++)
        {
            int common = kivi.RoundedValueCount(LengthOf(span, first + r / ValueSums.RowsAtOnce * ValueSums.RowsAtOnce) - 1), length = LengthOf(span, first + r);
            int own = kivi.RoundedValueCount(length - 1);
            if (common < own)
                ValueSums.AddOne(weights + r * stride, span.Pages, rounded, common, own, shape.HeadDim, sums + r * shape.HeadDim);
            if (own < length)
                ValueSums.AddOne(weights + r * stride, span.Pages, offset, own, length, shape.HeadDim, sums + r * shape.HeadDim);
        }
    }

    private void AddRoundedWindows(KiviCache kivi, AttentionSpan span, long rounded, long offset, int first, int rowCount, float* weights, nint stride, float* sums)
    {
        new Span<float>(sums, RowBlock * shape.HeadDim).Clear();
        for (int r = 0; r < rowCount; r++)
        {
            int length = LengthOf(span, first + r), begin = shape.FirstOf(length), own = Math.Max(begin, kivi.RoundedValueCount(length - 1));
            ValueSums.AddOne(weights + r * stride, span.Pages, rounded, begin, own, shape.HeadDim, sums + r * shape.HeadDim);
            ValueSums.AddOne(weights + r * stride, span.Pages, offset, own, length, shape.HeadDim, sums + r * shape.HeadDim);
        }
    }

    private float* RowOf(Matrix matrix, AttentionSpan span, int keyHead, int row) =>
        matrix.Pointer + (long)(span.FirstRow + row / headsPerKey) * matrix.Columns + (keyHead * headsPerKey + row % headsPerKey) * shape.HeadDim;

    // While the tiles read three pages they ask for the next three.
    private void Score(AttentionSpan span, long offset, float* query, int rowCount, int first, int length, float* scores, nint stride)
    {
        int last = (length - 1) / PageWidth;
        var strip = new Strip { A = query, AStride = shape.HeadDim, Rows = rowCount, Columns = shape.HeadDim, CStride = stride, AheadStep = PageWidth * sizeof(float) };
        for (int page = first / PageWidth; page <= last; page += 3)
        {
            strip.B0 = (float*)span.Pages[page] + offset;
            strip.B1 = (float*)span.Pages[Math.Min(page + 1, last)] + offset;
            strip.B2 = (float*)span.Pages[Math.Min(page + 2, last)] + offset;
            strip.Ahead0 = (byte*)((float*)span.Pages[Math.Min(page + 3, last)] + offset);
            strip.Ahead1 = (byte*)((float*)span.Pages[Math.Min(page + 4, last)] + offset);
            strip.Ahead2 = (byte*)((float*)span.Pages[Math.Min(page + 5, last)] + offset);
            strip.C = scores + page * PageWidth;
            multiply(strip);
        }
    }
}
