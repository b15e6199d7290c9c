using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// y = x Wᵀ with integer activations and integer weights. The integers travel as float32 through the tiles of the ordinary product, where sums over a segment
/// (a weight group, at most <see cref="Kernels.IntegerChunk"/> columns of it) stay below 2²⁴ and are exact; each segment's sum then joins the output's chain
/// by one fused multiply-add with fl(scale of the row · scale of the group). Without VNNI, which .NET 10 does not reach in 512 bits, integer
/// instructions would be no faster.
/// </summary>
internal sealed unsafe class IntegerProduct
{
    private const int PanelWidth = PanelMatrix.PanelWidth;
    private const int RowBlock = 256;
    private const int TileRows = 8;

    // Columns decoded at a time, and 32 more: a segment may start inside a block of 32.
    private const int ColumnBlock = 1024;
    private const int PanelFloats = (ColumnBlock + QuantizedMatrix.BlockWidth) * PanelWidth;

    private readonly StripMultiplier multiply;
    private readonly QuantizedRows x;
    private readonly QuantizedMatrix weight;
    private readonly Matrix y;
    private readonly int chunk, blockCount, blockRows;

    public IntegerProduct(StripMultiplier multiply, QuantizedRows x, QuantizedMatrix weight, Matrix y)
    {
        this.multiply = multiply;
        this.x = x;
        this.weight = weight;
        this.y = y;
        chunk = Kernels.IntegerChunk(weight);
        blockCount = (y.Rows + RowBlock - 1) / RowBlock;
        blockRows = blockCount == 0 ? 0 : ((y.Rows + blockCount - 1) / blockCount + TileRows - 1) / TileRows * TileRows;
    }

    /// <summary>Computes the result.</summary>
    public void Run(WorkerPool pool)
    {
        using var floats = new NativeBuffer((long)y.Rows * x.Columns * sizeof(float));
        var activations = (float*)floats.Pointer;
        pool.Run((y.Rows + TileRows - 1) / TileRows, task =>
        {
            long first = (long)task * TileRows * x.Columns, end = Math.Min((long)y.Rows * x.Columns, first + (long)TileRows * x.Columns);
            ToFloats(x.Codes + first, activations + first, (int)(end - first));
        });
        pool.Run(Strip.CountOf(weight) * blockCount, task => RunTask(task, activations));
    }

    private void RunTask(int task, float* activations)
    {
        int index = task / blockCount, firstRow = task % blockCount * blockRows, rowCount = Math.Min(blockRows, y.Rows - firstRow);
        int outputCount = Math.Min(Strip.Width, weight.Rows - index * Strip.Width);
        float* panels = Scratch.Floats(3 * PanelFloats + (long)rowCount * Strip.Width), sums = panels + 3 * PanelFloats;
        new Span<float>(sums, rowCount * Strip.Width).Clear();
        for (int first = 0; first < weight.Columns;)
        {
            int end = BlockEnd(first);
            int firstDecoded = first & -QuantizedMatrix.BlockWidth;
            for (int i = 0; i < 3; i++)
                if (index * 3 + i < weight.PanelCount)
                    PanelDecoder.DecodeCodes(weight, index * 3 + i, firstDecoded, end - firstDecoded, panels + i * PanelFloats, withScales: false);
            for (int m = 0; m < rowCount; m += TileRows)
                AddSegments(index, firstRow + m, Math.Min(TileRows, rowCount - m), first, end, panels, activations, sums + m * Strip.Width);
            first = end;
        }
        for (int m = 0; m < rowCount; m++)
            new Span<float>(sums + m * Strip.Width, outputCount).CopyTo(new Span<float>(y.Pointer + (long)(firstRow + m) * y.Columns + index * Strip.Width, outputCount));
    }

    // The end of the last segment that ends within ColumnBlock columns of the first.
    private int BlockEnd(int first)
    {
        int end = SegmentEnd(first);
        while (end < weight.Columns && SegmentEnd(end) - first <= ColumnBlock)
            end = SegmentEnd(end);
        return end;
    }

    private int SegmentEnd(int first)
    {
        int groupFirst = first / weight.GroupSize * weight.GroupSize, groupEnd = (int)Math.Min(weight.Columns, (long)groupFirst + weight.GroupSize);
        return Math.Min(groupEnd, first + chunk);
    }

    // Segments [first, end) of eight rows: sums of products in the tiles, then onto the chains of the outputs.
    private void AddSegments(int index, int row, int rowCount, int first, int end, float* panels, float* activations, float* sums)
    {
        float* products = stackalloc float[TileRows * Strip.Width], room = stackalloc float[PanelWidth];
        var strip = new Strip { AStride = x.Columns, Rows = rowCount, C = products, CStride = Strip.Width };
        int firstDecoded = first & -QuantizedMatrix.BlockWidth;
        for (int segment = first; segment < end; segment = SegmentEnd(segment))
        {
            strip.A = activations + (long)row * x.Columns + segment;
            strip.B0 = panels + (segment - firstDecoded) * PanelWidth;
            strip.B1 = strip.B0 + PanelFloats;
            strip.B2 = strip.B1 + PanelFloats;
            strip.Columns = SegmentEnd(segment) - segment;
            multiply(strip);
            for (int i = 0; i < 3 && index * 3 + i < weight.PanelCount; i++)
            {
                float* groupScales = weight.Scales.Read(index * 3 + i, segment / weight.GroupSize, 1, room);
                Scale(products + i * PanelWidth, x.Scales + row, groupScales, rowCount, sums + i * PanelWidth);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToFloats(sbyte* codes, float* destination, int count)
    {
        int k = 0;
        for (; k <= count - VectorMath.Width; k += VectorMath.Width)
            VectorMath.ToFloats(Vector128.Load(codes + k)).Store(destination + k);
        for (; k < count; k++)
            destination[k] = codes[k];
    }
}
