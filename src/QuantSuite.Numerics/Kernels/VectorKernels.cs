using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// What the kernels for AVX2 and AVX-512 share: everything but the register tiles. A product is cut into strips of 48 outputs by at most 256 rows. A strip's
/// weights are decoded once into a scratch that the cache holds (float32 panels need no decoding), then meet row after row; blocks of columns continue the
/// chains where the last block left them. Which thread takes a strip, and how many rows come with it, reaches no number.
/// </summary>
public abstract unsafe class VectorKernels : ScalarKernels
{
    private const int PanelWidth = PanelMatrix.PanelWidth;
    private const int RowBlock = 256;

    // Columns of a decoded strip: 192 KiB beside many rows (level 2 cache), 24 KiB beside few (level 1).
    private const int ColumnBlock = 1024;
    private const int NarrowColumnBlock = 128;

    /// <summary>Kernels on so many threads (0: one for each processor).</summary>
    protected VectorKernels(int threadCount)
        : base(threadCount)
    {
    }

    /// <inheritdoc/>
    public override void Multiply(Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results)
    {
        PanelMatrix[] panels = weights.ToArray();
        Matrix[] products = results.ToArray();
        int stripCount = 0;
        for (int i = 0; i < panels.Length; i++)
        {
            CheckShapes(x.Rows, x.Columns, panels[i], products[i]);
            stripCount += StripCount(panels[i]);
        }
        int blockCount = (x.Rows + RowBlock - 1) / RowBlock, blockRows = blockCount == 0 ? 0 : ((x.Rows + blockCount - 1) / blockCount + 7) & ~7;
        Pool.Run(stripCount * blockCount, task =>
        {
            (int strip, int block) = (task / blockCount, task % blockCount);
            int i = 0;
            for (; strip >= StripCount(panels[i]); i++)
                strip -= StripCount(panels[i]);
            int firstRow = block * blockRows;
            MultiplyRows(x, panels[i], products[i], strip, firstRow, Math.Min(blockRows, x.Rows - firstRow));
        });
    }

    /// <inheritdoc/>
    public override void QuantizeRows(Matrix x, IntegerFormat format, QuantizedRows destination) => Pool.Run(x.Rows, m =>
        destination.Scales[m] = VectorMath.QuantizeRow(RowOf(x, m), destination.Codes + (long)m * x.Columns, x.Columns, format.MiddleCode - 1));

    /// <inheritdoc/>
    public override void RmsNorm(Matrix x, ReadOnlySpan<float> weight, float epsilon, Matrix y)
    {
        fixed (float* pinned = weight)
        {
            float* factors = pinned;
            RunRows(x, m => VectorMath.RmsNorm(RowOf(x, m), factors, epsilon, RowOf(y, m), x.Columns));
        }
    }

    /// <inheritdoc/>
    public override void Rotate(Matrix x, int headDim, Matrix cosines, Matrix sines) => RunRows(x, m =>
    {
        float* row = RowOf(x, m);
        for (int head = 0; head < x.Columns; head += headDim)
            VectorMath.Rotate(row + head, RowOf(cosines, m), RowOf(sines, m), cosines.Columns);
    });

    /// <inheritdoc/>
    public override void SiluMultiply(Matrix gate, Matrix up, Matrix y) =>
        RunRows(gate, m => VectorMath.SiluMultiply(RowOf(gate, m), RowOf(up, m), RowOf(y, m), gate.Columns));

    /// <inheritdoc/>
    public override void Add(Matrix x, Matrix y) => RunRows(x, m => VectorMath.Add(RowOf(x, m), RowOf(y, m), x.Columns));

    /// <inheritdoc/>
    public override void AddBias(ReadOnlySpan<float> bias, Matrix y)
    {
        fixed (float* pinned = bias)
        {
            float* source = pinned;
            RunRows(y, m => VectorMath.Add(source, RowOf(y, m), y.Columns));
        }
    }

    /// <inheritdoc/>
    public override void LogSumExp(Matrix x, Span<double> logSumExp, Span<int> argMax)
    {
        fixed (double* pinnedSums = logSumExp)
        fixed (int* pinnedIndices = argMax)
        {
            double* sums = pinnedSums;
            int* indices = pinnedIndices;
            Pool.Run(x.Rows, m => (sums[m], indices[m]) = VectorMath.LogSumExp(RowOf(x, m), x.Columns));
        }
    }

    /// <inheritdoc/>
    public override void StoreKeyValues(Matrix keys, Matrix values, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape) =>
        VectorAttention.Store(Pool, keys, values, spans, shape);

    /// <inheritdoc/>
    public override void Attention(Matrix queries, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, Matrix output) =>
        new VectorAttention(MultiplyStrip, queries, spans, shape, output).Run(Pool);

    private protected abstract void MultiplyStrip(in Strip strip);

    private static int StripCount(PanelMatrix weight) => (weight.Rows + Strip.Width - 1) / Strip.Width;

    private static float* RowOf(Matrix matrix, int row) => matrix.Pointer + (long)row * matrix.Columns;

    // Rows in tasks of some microseconds.
    private void RunRows(Matrix x, Action<int> body)
    {
        int perTask = Math.Max(1, 8192 / Math.Max(1, x.Columns));
        if (x.Rows <= perTask)
            for (int m = 0; m < x.Rows; m++)
                body(m);
        else
            Pool.Run((x.Rows + perTask - 1) / perTask, task =>
            {
                int end = Math.Min(x.Rows, (task + 1) * perTask);
                for (int m = task * perTask; m < end; m++)
                    body(m);
            });
    }

    private void MultiplyRows(Matrix x, PanelMatrix weight, Matrix y, int strip, int firstRow, int rowCount)
    {
        bool decode = weight is not DensePanels { Format.Bits: 32 };
        int columnBlock = rowCount >= 8 ? ColumnBlock : decode || rowCount > 1 ? NarrowColumnBlock : weight.Columns;
        float* decoded = Scratch.Floats(3 * ColumnBlock * PanelWidth + RowBlock * Strip.Width), edge = decoded + 3 * ColumnBlock * PanelWidth;
        int firstPanel = strip * 3, panelCount = Math.Min(3, weight.PanelCount - firstPanel), outputCount = Math.Min(Strip.Width, weight.Rows - strip * Strip.Width);
        bool atEdge = outputCount < Strip.Width;
        float* result = RowOf(y, firstRow) + strip * Strip.Width;
        var work = new Strip { AStride = x.Columns, Rows = rowCount, C = atEdge ? edge : result, CStride = atEdge ? Strip.Width : y.Columns };
        for (int first = 0; first < weight.Columns; first += columnBlock)
        {
            work.Columns = Math.Min(columnBlock, weight.Columns - first);
            work.A = RowOf(x, firstRow) + first;
            work.B0 = Panel(weight, firstPanel, first, (int)work.Columns, decode, decoded);
            work.B1 = panelCount < 2 ? work.B0 : Panel(weight, firstPanel + 1, first, (int)work.Columns, decode, decoded + columnBlock * PanelWidth);
            work.B2 = panelCount < 3 ? work.B1 : Panel(weight, firstPanel + 2, first, (int)work.Columns, decode, decoded + 2 * columnBlock * PanelWidth);
            MultiplyStrip(work);
            work.Continues = true;
        }
        if (atEdge)
            for (int m = 0; m < rowCount; m++)
                new Span<float>(edge + m * Strip.Width, outputCount).CopyTo(new Span<float>(result + (long)m * y.Columns, outputCount));
    }

    private static float* Panel(PanelMatrix weight, int panel, int first, int count, bool decode, float* decoded)
    {
        if (!decode)
            return (float*)((DensePanels)weight).Pointer + ((long)panel * weight.Columns + first) * PanelWidth;
        PanelDecoder.Decode(weight, panel, first, count, decoded);
        return decoded;
    }
}
