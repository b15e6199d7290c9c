using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// Causal attention over the pages of the KV cache. Queries are taken eight at a time: the heads that share a key-value head, at neighbouring positions.
/// A page of keys is a panel of 16 positions, so scores come from the same tiles as a matrix product. The values are summed for eight queries at once up to
/// the position that all of them see, and one query at a time from there; a position that a query does not see is never touched (0·∞ is NaN).
/// </summary>
internal sealed unsafe class VectorAttention
{
    private const int PageWidth = AttentionShape.PageWidth;
    private const int RowBlock = 8;
    private const int Width = VectorMath.Width;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

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
        int headDim = shape.HeadDim;
        int shortest = span.FirstPosition + first / headsPerKey + 1, longest = span.FirstPosition + (first + rowCount - 1) / headsPerKey + 1;
        nint stride = (longest + Strip.Width - 1) / Strip.Width * Strip.Width;
        float* query = Scratch.Floats(RowBlock * (2 * headDim + stride)), sums = query + RowBlock * headDim, weights = sums + RowBlock * headDim;
        for (int r = 0; r < rowCount; r++)
            ScaleQuery(RowOf(queries, span, keyHead, first + r), query + r * headDim);
        Score(span, keyHead, query, rowCount, longest, weights, stride);
        float* totals = stackalloc float[RowBlock];
        for (int r = 0; r < rowCount; r++)
            totals[r] = VectorMath.SoftmaxWeights(weights + r * stride, span.FirstPosition + (first + r) / headsPerKey + 1);
        new Span<float>(sums, rowCount * headDim).Clear();
        long offset = shape.KeyOffset(keyHead) + shape.HeadFloats;
        int common = rowCount == RowBlock ? shortest : 0;
        if (common > 0)
            AddValues8(weights, stride, span.Pages, offset, common, headDim, sums);
        for (int r = 0; r < rowCount; r++)
        {
            AddValues(weights + r * stride, span.Pages, offset, common, span.FirstPosition + (first + r) / headsPerKey + 1, headDim, sums + r * headDim);
            float* result = RowOf(output, span, keyHead, first + r);
            for (int d = 0; d < headDim; d += 4)
                (Vector128.Load(sums + r * headDim + d) / totals[r]).Store(result + d);
        }
    }

    private float* RowOf(Matrix matrix, AttentionSpan span, int keyHead, int row) =>
        matrix.Pointer + (long)(span.FirstRow + row / headsPerKey) * matrix.Columns + (keyHead * headsPerKey + row % headsPerKey) * shape.HeadDim;

    private void ScaleQuery(float* source, float* destination)
    {
        for (int d = 0; d < shape.HeadDim; d += 4)
            (Vector128.Load(source + d) * shape.Scale).Store(destination + d);
    }

    private void Score(AttentionSpan span, int keyHead, float* query, int rowCount, int length, float* scores, nint stride)
    {
        long offset = shape.KeyOffset(keyHead);
        int last = (length - 1) / PageWidth;
        var strip = new Strip { A = query, AStride = shape.HeadDim, Rows = rowCount, Columns = shape.HeadDim, CStride = stride };
        for (int page = 0; page <= last; page += 3)
        {
            strip.B0 = (float*)span.Pages[page] + offset;
            strip.B1 = (float*)span.Pages[Math.Min(page + 1, last)] + offset;
            strip.B2 = (float*)span.Pages[Math.Min(page + 2, last)] + offset;
            strip.C = scores + page * PageWidth;
            multiply(strip);
        }
    }

    // sums[r, d] += weights[r, j]·v[j, d] over positions [0, end), for eight rows.
    [MethodImpl(Hot)]
    private static void AddValues8(float* weights, nint stride, nint[] pages, long offset, int end, int headDim, float* sums)
    {
        int d = 0;
        for (; d <= headDim - 2 * Width; d += 2 * Width)
            AddValues8(weights, stride, pages, offset, end, headDim, sums, d);
        if (d < headDim)
            for (int r = 0; r < RowBlock; r++)
                AddRest(weights + r * stride, pages, offset, 0, end, headDim, sums + r * headDim, d);
    }

    [MethodImpl(Hot)]
    private static void AddValues8(float* weights, nint stride, nint[] pages, long offset, int end, int headDim, float* sums, int d)
    {
        Pair s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        float* e0 = weights, e1 = e0 + stride, e2 = e1 + stride, e3 = e2 + stride, e4 = e3 + stride, e5 = e4 + stride, e6 = e5 + stride, e7 = e6 + stride;
        for (int first = 0; first < end; first += PageWidth)
        {
            float* value = (float*)pages[first / PageWidth] + offset + d;
            int last = Math.Min(end, first + PageWidth);
            for (nint j = first; j < last; j++, value += headDim)
            {
                Vector512<float> v0 = Vector512.Load(value), v1 = Vector512.Load(value + Width);
                s0.Add(e0[j], v0, v1);
                s1.Add(e1[j], v0, v1);
                s2.Add(e2[j], v0, v1);
                s3.Add(e3[j], v0, v1);
                s4.Add(e4[j], v0, v1);
                s5.Add(e5[j], v0, v1);
                s6.Add(e6[j], v0, v1);
                s7.Add(e7[j], v0, v1);
            }
        }
        sums += d;
        s0.Store(sums);
        s1.Store(sums + headDim);
        s2.Store(sums + 2 * headDim);
        s3.Store(sums + 3 * headDim);
        s4.Store(sums + 4 * headDim);
        s5.Store(sums + 5 * headDim);
        s6.Store(sums + 6 * headDim);
        s7.Store(sums + 7 * headDim);
    }

    // One row, positions [begin, end).
    [MethodImpl(Hot)]
    private static void AddValues(float* weights, nint[] pages, long offset, int begin, int end, int headDim, float* sums)
    {
        int d = 0;
        for (; d <= headDim - 4 * Width; d += 4 * Width)
        {
            Pair low = Pair.Load(sums + d), high = Pair.Load(sums + d + 2 * Width);
            for (int j = begin; j < end; j++)
            {
                float* value = (float*)pages[j / PageWidth] + offset + j % PageWidth * headDim + d;
                low.Add(weights[j], Vector512.Load(value), Vector512.Load(value + Width));
                high.Add(weights[j], Vector512.Load(value + 2 * Width), Vector512.Load(value + 3 * Width));
            }
            low.Store(sums + d);
            high.Store(sums + d + 2 * Width);
        }
        AddRest(weights, pages, offset, begin, end, headDim, sums, d);
    }

    // One row, dimensions from d on, four at a time.
    [MethodImpl(Hot)]
    private static void AddRest(float* weights, nint[] pages, long offset, int begin, int end, int headDim, float* sums, int d)
    {
        for (; d <= headDim - 2 * Width; d += 2 * Width)
        {
            Pair sum = Pair.Load(sums + d);
            for (int j = begin; j < end; j++)
            {
                float* value = (float*)pages[j / PageWidth] + offset + j % PageWidth * headDim + d;
                sum.Add(weights[j], Vector512.Load(value), Vector512.Load(value + Width));
            }
            sum.Store(sums + d);
        }
        for (; d < headDim; d += 4)
        {
            Vector128<float> sum = Vector128.Load(sums + d);
            for (int j = begin; j < end; j++)
            {
                float* value = (float*)pages[j / PageWidth] + offset + j % PageWidth * headDim + d;
                sum = Vector128.FusedMultiplyAdd(Vector128.Create(weights[j]), Vector128.Load(value), sum);
            }
            sum.Store(sums + d);
        }
    }

    // Sums over 32 dimensions of a head.
    private struct Pair
    {
        private Vector512<float> first, second;

        [MethodImpl(Inline)]
        public static Pair Load(float* source) => new() { first = Vector512.Load(source), second = Vector512.Load(source + Width) };

        [MethodImpl(Inline)]
        public void Add(float weight, Vector512<float> v0, Vector512<float> v1)
        {
            Vector512<float> factor = Vector512.Create(weight);
            first = Vector512.FusedMultiplyAdd(factor, v0, first);
            second = Vector512.FusedMultiplyAdd(factor, v1, second);
        }

        [MethodImpl(Inline)]
        public readonly void Store(float* destination)
        {
            first.Store(destination);
            second.Store(destination + Width);
        }
    }
}
