using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// y = x Wᵀ with integer activations and integer weights. Sums over a segment (a weight group, at most <see cref="Kernels.IntegerChunk"/> columns of it) are exact; each then joins
/// the output's chain by one fused multiply-add with fl(scale of the row · scale of the group). How the exact sums come about is a matter of the processor:
/// <see cref="ByteSegments"/> or <see cref="FloatSegments"/>.
/// </summary>
internal abstract unsafe class IntegerProduct
{
    /// <summary>Outputs of a panel.</summary>
    protected const int PanelWidth = PanelMatrix.PanelWidth;

    /// <summary>Columns that are decoded at a time, and 32 more: a segment may start inside a block of 32.</summary>
    protected const int PanelFloats = (ColumnBlock + QuantizedMatrix.BlockWidth) * PanelWidth;

    private const int RowBlock = 256;
    private const int ColumnBlock = 1024;

    private readonly Matrix y;
    private readonly int tileRows, blockCount, blockRows;

    /// <summary>A product.</summary>
    /// <param name="tileRows">Rows whose sums are made together.</param>
    protected IntegerProduct(QuantizedRows x, QuantizedMatrix weight, Matrix y, int tileRows)
    {
        (X, Weight, this.y, this.tileRows) = (x, weight, y, tileRows);
        Chunk = Kernels.IntegerChunk(weight);
        blockCount = (y.Rows + RowBlock - 1) / RowBlock;
        blockRows = blockCount == 0 ? 0 : ((y.Rows + blockCount - 1) / blockCount + tileRows - 1) / tileRows * tileRows;
    }

    /// <summary>The activations.</summary>
    protected QuantizedRows X { get; }

    /// <summary>The weights.</summary>
    protected QuantizedMatrix Weight { get; }

    /// <summary>The most columns of a segment.</summary>
    protected int Chunk { get; }

    /// <summary>Computes the result.</summary>
    public virtual void Run(WorkerPool pool) => pool.Run(Strip.CountOf(Weight) * blockCount, RunTask);

    /// <summary>The end of the segment that begins at a column.</summary>
    protected int SegmentEnd(int first)
    {
        int groupFirst = first / Weight.GroupSize * Weight.GroupSize, groupEnd = (int)Math.Min(Weight.Columns, (long)groupFirst + Weight.GroupSize);
        return Math.Min(groupEnd, first + Chunk);
    }

    /// <summary>Puts the weights of three neighbouring panels, segments [first, end), where the tiles want them.</summary>
    /// <param name="panels">Room for three panels of <see cref="PanelFloats"/> and one more.</param>
    protected abstract void Decode(int strip, int first, int end, float* panels);

    /// <summary>The exact sums of a segment [rows of a tile, <see cref="Strip.Width"/>], as float32.</summary>
    /// <param name="row">The tile's first row.</param>
    /// <param name="first">The first column that was decoded.</param>
    /// <param name="segment">The segment's first column.</param>
    protected abstract void Multiply(int row, int rowCount, int first, int segment, float* panels, float* products);

    private void RunTask(int task)
    {
        int index = task / blockCount, firstRow = task % blockCount * blockRows, rowCount = Math.Min(blockRows, y.Rows - firstRow);
        int outputCount = Math.Min(Strip.Width, Weight.Rows - index * Strip.Width);
        float* panels = Scratch.Floats(4 * PanelFloats + (long)rowCount * Strip.Width), sums = panels + 4 * PanelFloats;
        new Span<float>(sums, rowCount * Strip.Width).Clear();
        for (int first = 0; first < Weight.Columns;)
        {
            int end = BlockEnd(first);
            Decode(index, first, end, panels);
            for (int m = 0; m < rowCount; m += tileRows)
                AddSegments(index, firstRow + m, Math.Min(tileRows, rowCount - m), first, end, panels, sums + m * Strip.Width);
            first = end;
        }
        for (int m = 0; m < rowCount; m++)
            new Span<float>(sums + m * Strip.Width, outputCount).CopyTo(new Span<float>(y.Pointer + (long)(firstRow + m) * y.Columns + index * Strip.Width, outputCount));
    }

    // The end of the last segment that ends within ColumnBlock columns of the first.
    private int BlockEnd(int first)
    {
        int end = SegmentEnd(first);
        while (end < Weight.Columns && SegmentEnd(end) - first <= ColumnBlock)
            end = SegmentEnd(end);
        return end;
    }

    // Segments [first, end) of a tile's rows: sums of products, then onto the chains of the outputs.
    private void AddSegments(int index, int row, int rowCount, int first, int end, float* panels, float* sums)
    {
        float* products = stackalloc float[tileRows * Strip.Width], room = stackalloc float[PanelWidth];
        for (int segment = first; segment < end; segment = SegmentEnd(segment))
        {
            Multiply(row, rowCount, first, segment, panels, products);
            for (int i = 0; i < 3 && index * 3 + i < Weight.PanelCount; i++)
            {
                float* groupScales = Weight.Scales.Read(index * 3 + i, segment / Weight.GroupSize, 1, room);
                Scale(products + i * PanelWidth, X.Scales + row, groupScales, rowCount, sums + i * PanelWidth);
            }
        }
    }

    // sums = fma(products, fl(row scale · group scale), sums), sixteen outputs of some rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* products, float* rowScales, float* groupScales, int rowCount, float* sums)
    {
        Vector512<float> scales = Vector512.Load(groupScales);
        for (int m = 0; m < rowCount; m++, products += Strip.Width, sums += Strip.Width)
            Vector512.FusedMultiplyAdd(Vector512.Load(products), Vector512.Create(rowScales[m]) * scales, Vector512.Load(sums)).Store(sums);
    }
}
