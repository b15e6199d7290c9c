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
        Segments = [.. SegmentsOf(weight)];
        blockCount = (y.Rows + RowBlock - 1) / RowBlock;
        blockRows = blockCount == 0 ? 0 : ((y.Rows + blockCount - 1) / blockCount + tileRows - 1) / tileRows * tileRows;
    }

    /// <summary>The activations.</summary>
    protected QuantizedRows X { get; }

    /// <summary>The weights.</summary>
    protected QuantizedMatrix Weight { get; }

    /// <summary>All segments of a row.</summary>
    protected Segment[] Segments { get; }

    /// <summary>Computes the result.</summary>
    public virtual void Run(WorkerPool pool) => pool.Run(Strip.CountOf(Weight) * blockCount, RunTask);

    /// <summary>Puts the weights of a panel where the tiles want them.</summary>
    /// <param name="segments">Which of its columns.</param>
    /// <param name="place">Room of <see cref="PanelFloats"/>.</param>
    /// <param name="room">As much, for whatever.</param>
    protected abstract void Decode(int panel, ReadOnlySpan<Segment> segments, float* place, float* room);

    /// <summary>The exact sums of a segment [rows of a tile, <see cref="Strip.Width"/>], as float32; those of panels that the weight has not, mean nothing.</summary>
    /// <param name="row">The tile's first row.</param>
    /// <param name="segment">One of those that were decoded.</param>
    /// <param name="first">The first of those.</param>
    /// <param name="panels">Three places, one after the other.</param>
    protected abstract void Multiply(int strip, int row, int rowCount, in Segment segment, in Segment first, float* panels, float* products);

    /// <summary>The weights of a panel less their zero points, [columns][16], from <see cref="FirstDecoded"/> on.</summary>
    protected void DecodeValues(int panel, ReadOnlySpan<Segment> segments, float* destination)
    {
        int first = FirstDecoded(segments[0]);
        PanelDecoder.DecodeCodes(Weight, panel, first, segments[^1].End - first, destination, withScales: false);
    }

    /// <summary>The first column of the block of 32 that a segment begins in.</summary>
    protected static int FirstDecoded(in Segment first) => first.First & -QuantizedMatrix.BlockWidth;

    private static IEnumerable<Segment> SegmentsOf(QuantizedMatrix weight)
    {
        int chunk = Kernels.IntegerChunk(weight), index = 0, place = 0;
        for (int first = 0; first < weight.Columns; index++)
        {
            int group = first / weight.GroupSize;
            long groupEnd = Math.Min(weight.Columns, (group + 1L) * weight.GroupSize);
            var segment = new Segment(index, first, (int)Math.Min(groupEnd - first, chunk), group, place);
            yield return segment;
            first = segment.End;
            place += segment.QuadCount;
        }
    }

    private void RunTask(int task)
    {
        int strip = task / blockCount, firstRow = task % blockCount * blockRows, rowCount = Math.Min(blockRows, y.Rows - firstRow);
        int panelCount = Math.Min(3, Weight.PanelCount - strip * 3), outputCount = Math.Min(Strip.Width, Weight.Rows - strip * Strip.Width);
        float* panels = Scratch.Floats(4 * PanelFloats + (long)ColumnBlock * Strip.Width + (long)rowCount * Strip.Width);
        float* scales = panels + 4 * PanelFloats, sums = scales + (long)ColumnBlock * Strip.Width;
        new Span<float>(sums, rowCount * Strip.Width).Clear();
        for (int first = 0; first < Segments.Length;)
        {
            ReadOnlySpan<Segment> segments = Segments.AsSpan(first, CountTogether(first));
            for (int i = 0; i < panelCount; i++)
            {
                Decode(strip * 3 + i, segments, panels + i * PanelFloats, panels + 3 * PanelFloats);
                ReadScales(strip * 3 + i, segments, scales + i * PanelWidth);
            }
            for (int m = 0; m < rowCount; m += tileRows)
                AddSegments(strip, firstRow + m, Math.Min(tileRows, rowCount - m), segments, panels, scales, panelCount, sums + m * Strip.Width);
            first += segments.Length;
        }
        for (int m = 0; m < rowCount; m++)
            new Span<float>(sums + m * Strip.Width, outputCount).CopyTo(new Span<float>(y.Pointer + (long)(firstRow + m) * y.Columns + strip * Strip.Width, outputCount));
    }

    // Segments that end within ColumnBlock columns of the first one's start.
    private int CountTogether(int first)
    {
        int end = first + 1;
        while (end < Segments.Length && Segments[end].End - Segments[first].First <= ColumnBlock)
            end++;
        return end - first;
    }

    private void ReadScales(int panel, ReadOnlySpan<Segment> segments, float* scales)
    {
        float* room = stackalloc float[PanelWidth];
        foreach (Segment segment in segments)
        {
            Vector512.Load(Weight.Scales.Read(panel, segment.Group, 1, room)).Store(scales);
            scales += Strip.Width;
        }
    }

    // Segments of a tile's rows: sums of products, then onto the chains of the outputs.
    private void AddSegments(int strip, int row, int rowCount, ReadOnlySpan<Segment> segments, float* panels, float* scales, int panelCount, float* sums)
    {
        float* products = stackalloc float[tileRows * Strip.Width];
        foreach (ref readonly Segment segment in segments)
        {
            Multiply(strip, row, rowCount, segment, segments[0], panels, products);
            for (int i = 0; i < panelCount; i++)
                Scale(products + i * PanelWidth, X.Scales + row, scales + i * PanelWidth, rowCount, sums + i * PanelWidth);
            scales += Strip.Width;
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

    /// <summary>Columns whose sum is exact, and that share a scale.</summary>
    /// <param name="Index">Its number.</param>
    /// <param name="First">Its first column.</param>
    /// <param name="Count">Columns.</param>
    /// <param name="Group">The group of the scales.</param>
    /// <param name="FirstQuad">Where it begins, in quads of columns of which no two segments share one.</param>
    protected readonly record struct Segment(int Index, int First, int Count, int Group, int FirstQuad)
    {
        /// <summary>Columns of a quad.</summary>
        public const int Quad = 4;

        /// <summary>The column behind the last.</summary>
        public int End => First + Count;

        /// <summary>Quads, the last one perhaps filled up.</summary>
        public int QuadCount => (Count + Quad - 1) / Quad;
    }
}
