namespace QuantSuite.Numerics;

/// <summary>
/// y = x Wᵀ for several weights of one input, cut into strips of 48 outputs by at most 512 rows. A strip's weights are decoded once into a scratch that the
/// cache holds (float32 panels need no decoding), then meet row after row; blocks of columns continue the chains where the last block left them.
/// Which thread takes a strip, and how many rows come with it, reaches no number.
/// </summary>
internal sealed unsafe class PanelProduct
{
    private const int PanelWidth = PanelMatrix.PanelWidth;
    private const int RowBlock = 512;

    // And where there are few strips for the threads.
    private const int SmallRowBlock = 256;

    // Columns of a decoded strip: 192 KiB, which stay in the level 2 cache.
    private const int ColumnBlock = 1024;

    // And of so few rows that decoding is most of the work: 24 KiB, for the level 1 cache. Outliers lie row by row, so each block of columns costs them a search: the large one.
    private const int SmallColumnBlock = 128;
    private const int FewRows = 4;
    private const int PanelFloats = ColumnBlock * PanelWidth;

    private readonly StripMultiplier multiply;
    private readonly Matrix x;
    private readonly PanelMatrix[] weights;
    private readonly Matrix[] results;
    private readonly bool continues;
    private readonly int stripCount;
    private int blockCount, blockRows;

    public PanelProduct(StripMultiplier multiply, Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results, bool continues = false)
    {
        this.continues = continues;
        this.multiply = multiply;
        this.x = x;
        this.weights = weights.ToArray();
        this.results = results.ToArray();
        foreach (PanelMatrix weight in weights)
            stripCount += Strip.CountOf(weight);
    }

    /// <summary>Computes all results.</summary>
    public void Run(WorkerPool pool)
    {
        if (x.Rows == 1 && !continues && Array.TrueForAll(weights, RowProduct.Supports))
        {
            RunOneRow(pool);
            return;
        }
        int rowBlock = stripCount < 4 * pool.ThreadCount ? SmallRowBlock : RowBlock;
        blockCount = (x.Rows + rowBlock - 1) / rowBlock;
        blockRows = blockCount == 0 ? 0 : ((x.Rows + blockCount - 1) / blockCount + 7) & ~7;
        // Few rows: neighbouring strips on one thread, since each asks for the next.
        int perTask = x.Rows >= SmallRowBlock ? 1 : Math.Clamp((stripCount + 2 * pool.ThreadCount - 1) / (2 * pool.ThreadCount), 1, 16);
        pool.Run((stripCount + perTask - 1) / perTask * blockCount, task =>
        {
            int end = Math.Min(stripCount, (task / blockCount + 1) * perTask);
            for (int strip = task / blockCount * perTask; strip < end; strip++)
                RunStrip(strip, task % blockCount * blockRows);
        });
    }

    private void RunStrip(int strip, int firstRow)
    {
        int i = 0;
        for (; strip >= Strip.CountOf(weights[i]); i++)
            strip -= Strip.CountOf(weights[i]);
        Multiply(weights[i], results[i], strip, firstRow, Math.Min(blockRows, x.Rows - firstRow));
    }

    // Ranges of panels, in the order of all weights.
    private void RunOneRow(WorkerPool pool)
    {
        int panelCount = weights.Sum(weight => weight.PanelCount), unit = RowProduct.PanelsTogether(weights[0]);
        int perTask = Math.Clamp((panelCount / (2 * pool.ThreadCount) + unit - 1) / unit * unit, unit, 16 * 6);
        pool.Run((panelCount + perTask - 1) / perTask, task =>
        {
            int first = task * perTask, end = Math.Min(panelCount, first + perTask);
            for (int i = 0; i < weights.Length && end > 0; first -= weights[i].PanelCount, end -= weights[i].PanelCount, i++)
                if (Math.Max(first, 0) < Math.Min(end, weights[i].PanelCount))
                {
                    RowProduct.PrefetchHead(weights[i], Math.Max(first, 0));
                    RowProduct.Multiply(weights[i], Math.Max(first, 0), Math.Min(end, weights[i].PanelCount), x.Pointer, results[i].Pointer);
                }
        });
    }

    private void Multiply(PanelMatrix weight, Matrix y, int index, int firstRow, int rowCount)
    {
        int firstPanel = index * 3, outputCount = Math.Min(Strip.Width, weight.Rows - index * Strip.Width);
        bool atEdge = outputCount < Strip.Width;
        float* decoded = Scratch.Floats(3 * PanelFloats + RowBlock * Strip.Width), edge = decoded + 3 * PanelFloats;
        float* result = y.Pointer + (long)firstRow * y.Columns + index * Strip.Width;
        var strip = new Strip
        {
            A = x.Pointer + (long)firstRow * x.Columns,
            AStride = x.Columns,
            Rows = rowCount,
            C = atEdge ? edge : result,
            CStride = atEdge ? Strip.Width : y.Columns,
            Continues = continues,
        };
        if (atEdge && continues)
            for (int m = 0; m < rowCount; m++)
                new Span<float>(result + (long)m * y.Columns, outputCount).CopyTo(new Span<float>(edge + m * Strip.Width, outputCount));
        Multiply(weight, firstPanel, decoded, strip);
        if (atEdge)
            for (int m = 0; m < rowCount; m++)
                new Span<float>(edge + m * Strip.Width, outputCount).CopyTo(new Span<float>(result + (long)m * y.Columns, outputCount));
    }

    private void Multiply(PanelMatrix weight, int firstPanel, float* decoded, Strip strip)
    {
        int columnBlock = strip.Rows <= FewRows && weight is not (DensePanels or OutlierMatrix) ? SmallColumnBlock : ColumnBlock;
        for (int first = 0; first < weight.Columns; first += columnBlock)
        {
            int count = Math.Min(columnBlock, weight.Columns - first);
            strip.Columns = count;
            strip.B0 = Panel(weight, firstPanel, first, count, decoded);
            strip.B1 = firstPanel + 1 >= weight.PanelCount ? strip.B0 : Panel(weight, firstPanel + 1, first, count, decoded + columnBlock * PanelWidth);
            strip.B2 = firstPanel + 2 >= weight.PanelCount ? strip.B1 : Panel(weight, firstPanel + 2, first, count, decoded + 2 * columnBlock * PanelWidth);
            LookAhead(weight, firstPanel, first + count, ref strip);
            multiply(strip);
            strip.A += count;
            strip.Continues = true;
        }
    }

    // What the tiles ask for while they compute: the next block of these panels, or the first of the next three.
    private static void LookAhead(PanelMatrix weight, int panel, int column, ref Strip strip)
    {
        if (column == weight.Columns)
            (panel, column) = (panel + 3, 0);
        strip.Ahead0 = weight.Locate(panel, column, out strip.AheadStep);
        strip.Ahead1 = weight.Locate(panel + 1, column, out _);
        strip.Ahead2 = weight.Locate(panel + 2, column, out _);
    }

    private static float* Panel(PanelMatrix weight, int panel, int first, int count, float* decoded)
    {
        if (weight is DensePanels { Format.Bits: 32 } dense)
            return (float*)dense.Pointer + ((long)panel * dense.Columns + first) * PanelWidth;
        weight.Decode(panel, first, count, decoded);
        return decoded;
    }
}
