namespace QuantSuite.Numerics;

/// <summary>
/// y = x Wᵀ for several weights of one input, cut into strips of 48 outputs by at most 256 rows. A strip's weights are decoded once into a scratch that the
/// cache holds (float32 panels need no decoding), then meet row after row; blocks of columns continue the chains where the last block left them.
/// Which thread takes a strip, and how many rows come with it, reaches no number.
/// </summary>
internal sealed unsafe class PanelProduct
{
    private const int PanelWidth = PanelMatrix.PanelWidth;
    private const int RowBlock = 256;

    // Columns of a decoded strip: 192 KiB beside many rows (level 2 cache), 24 KiB beside few (level 1).
    private const int ColumnBlock = 1024;
    private const int NarrowColumnBlock = 128;

    private readonly StripMultiplier multiply;
    private readonly Matrix x;
    private readonly PanelMatrix[] weights;
    private readonly Matrix[] results;
    private readonly int stripCount, blockCount, blockRows;

    public PanelProduct(StripMultiplier multiply, Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results)
    {
        this.multiply = multiply;
        this.x = x;
        this.weights = weights.ToArray();
        this.results = results.ToArray();
        foreach (PanelMatrix weight in weights)
            stripCount += Strip.CountOf(weight);
        blockCount = (x.Rows + RowBlock - 1) / RowBlock;
        blockRows = blockCount == 0 ? 0 : ((x.Rows + blockCount - 1) / blockCount + 7) & ~7;
    }

    /// <summary>Computes all results.</summary>
    public void Run(WorkerPool pool) => pool.Run(stripCount * blockCount, RunTask);

    private void RunTask(int task)
    {
        int strip = task / blockCount, firstRow = task % blockCount * blockRows, i = 0;
        for (; strip >= Strip.CountOf(weights[i]); i++)
            strip -= Strip.CountOf(weights[i]);
        Multiply(weights[i], results[i], strip, firstRow, Math.Min(blockRows, x.Rows - firstRow));
    }

    private void Multiply(PanelMatrix weight, Matrix y, int index, int firstRow, int rowCount)
    {
        bool decode = weight is not DensePanels { Format.Bits: 32 };
        int columnBlock = rowCount >= 8 ? ColumnBlock : decode || rowCount > 1 ? NarrowColumnBlock : weight.Columns;
        float* decoded = Scratch.Floats(3 * ColumnBlock * PanelWidth + RowBlock * Strip.Width), edge = decoded + 3 * ColumnBlock * PanelWidth;
        int firstPanel = index * 3, outputCount = Math.Min(Strip.Width, weight.Rows - index * Strip.Width);
        int secondPanel = Math.Min(firstPanel + 1, weight.PanelCount - 1), thirdPanel = Math.Min(firstPanel + 2, weight.PanelCount - 1);
        bool atEdge = outputCount < Strip.Width;
        float* result = y.Pointer + (long)firstRow * y.Columns + index * Strip.Width;
        var strip = new Strip { AStride = x.Columns, Rows = rowCount, C = atEdge ? edge : result, CStride = atEdge ? Strip.Width : y.Columns };
        for (int first = 0; first < weight.Columns; first += columnBlock)
        {
            int count = Math.Min(columnBlock, weight.Columns - first);
            strip.Columns = count;
            strip.A = x.Pointer + (long)firstRow * x.Columns + first;
            strip.B0 = Panel(weight, firstPanel, first, count, decode, decoded);
            strip.B1 = secondPanel == firstPanel ? strip.B0 : Panel(weight, secondPanel, first, count, decode, decoded + columnBlock * PanelWidth);
            strip.B2 = thirdPanel == secondPanel ? strip.B1 : Panel(weight, thirdPanel, first, count, decode, decoded + 2 * columnBlock * PanelWidth);
            multiply(strip);
            strip.Continues = true;
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
