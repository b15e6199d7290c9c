using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// Exact sums of integers that travel as float32 through the tiles of the ordinary product, where they stay below 2²⁴. Integer instructions before VNNI would be no faster.
/// </summary>
internal sealed unsafe class FloatSegments(StripMultiplier multiply, QuantizedRows x, QuantizedMatrix weight, Matrix y) : IntegerProduct(x, weight, y, TileRows)
{
    private const int TileRows = 8;

    private float* activations;

    /// <inheritdoc/>
    public override void Run(WorkerPool pool)
    {
        long count = (long)X.Rows * X.Columns;
        using var floats = new NativeBuffer(count * sizeof(float), zeroed: false);
        activations = (float*)floats.Pointer;
        pool.Run((X.Rows + TileRows - 1) / TileRows, task =>
        {
            long first = (long)task * TileRows * X.Columns, end = Math.Min(count, first + (long)TileRows * X.Columns);
            ToFloats(X.Codes + first, activations + first, (int)(end - first));
        });
        base.Run(pool);
    }

    /// <inheritdoc/>
    protected override void Decode(int panel, ReadOnlySpan<Segment> segments, float* place, float* room) => DecodeValues(panel, segments, place);

    /// <inheritdoc/>
    protected override void Multiply(int strip, int row, int rowCount, in Segment segment, in Segment first, float* panels, float* products)
    {
        float* b = panels + (segment.First - FirstDecoded(first)) * PanelWidth;
        multiply(new Strip
        {
            A = activations + (long)row * X.Columns + segment.First,
            AStride = X.Columns,
            Rows = rowCount,
            B0 = b,
            B1 = b + PanelFloats,
            B2 = b + 2 * PanelFloats,
            Columns = segment.Count,
            C = products,
            CStride = Strip.Width,
        });
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
