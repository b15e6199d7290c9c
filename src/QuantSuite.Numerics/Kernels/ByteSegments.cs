using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>
/// Exact sums by VNNI's products of four bytes at a time. Its first factor is unsigned: weights go in as w + 128, and the sum starts from −128·Σ of the activations.
/// Tiles of 6 rows by 16 outputs, in 12 of the 16 registers that the instruction reaches.
/// </summary>
/// <remarks>
/// A panel of a segment is [quads of columns][16 outputs][4 bytes]; a last quad is filled up by zeros. Symmetric codes of 8 bits are w + 128 and lie so already (<see cref="PackedCodes"/>).
/// </remarks>
internal sealed unsafe class ByteSegments(QuantizedRows x, QuantizedMatrix weight, Matrix y) : IntegerProduct(x, weight, y, TileRows)
{
    private const int TileRows = 6, QuadBytes = Segment.Quad * PanelWidth, Shift = 128;

    private readonly bool readsCodes = weight.Format.Bits == 8 && (weight.GroupCount == 1 || weight.GroupSize % Segment.Quad == 0);

    // [tiles of rows][segments][6]: what the sums start from.
    private int* starts;

    /// <summary>Whether the weights are bytes less 128.</summary>
    public static bool Supports(QuantizedMatrix weight) => weight.IsSymmetric || weight.Format.Bits < 8;

    /// <inheritdoc/>
    public override void Run(WorkerPool pool)
    {
        int tileCount = (X.Rows + TileRows - 1) / TileRows;
        using var sums = new NativeBuffer((long)tileCount * Segments.Length * TileRows * sizeof(int));
        starts = (int*)sums.Pointer;
        pool.Run(X.Rows, row =>
        {
            foreach (Segment segment in Segments)
                StartsOf(row, segment)[row % TileRows] = -Shift * Sum(X.Codes + (long)row * X.Columns + segment.First, segment.Count);
        });
        base.Run(pool);
    }

    /// <inheritdoc/>
    protected override void Decode(int panel, ReadOnlySpan<Segment> segments, float* place, float* room)
    {
        if (readsCodes)
            return;
        DecodeValues(panel, segments, room);
        foreach (Segment segment in segments)
            Pack(room + (segment.First - FirstDecoded(segments[0])) * PanelWidth, segment.Count, (uint*)(place + PlaceOf(segment, segments[0])));
    }

    /// <inheritdoc/>
    protected override void Multiply(int strip, int row, int rowCount, in Segment segment, in Segment first, float* panels, float* products)
    {
        sbyte* a = X.Codes + (long)row * X.Columns + segment.First;
        int* start = StartsOf(row, segment);
        for (int i = 0; i < 3 && strip * 3 + i < Weight.PanelCount; i++, products += PanelWidth)
        {
            byte* w = readsCodes ? Weight.Locate(strip * 3 + i, segment.First, out _) : (byte*)(panels + i * PanelFloats + PlaceOf(segment, first));
            if (rowCount >= TileRows - 1)
                Multiply6(w, segment.QuadCount, a, X.Columns, rowCount, start, products);
            else
                for (int m = 0; m < rowCount; m++)
                    Multiply1(w, segment.QuadCount, a + (long)m * X.Columns, start[m], products + m * Strip.Width);
        }
    }

    private int* StartsOf(int row, in Segment segment) => starts + ((long)(row / TileRows) * Segments.Length + segment.Index) * TileRows;

    private static int PlaceOf(in Segment segment, in Segment first) => (segment.FirstQuad - first.FirstQuad) * QuadBytes / sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(float* values, int count, uint* destination)
    {
        Vector512<int> shift = Vector512.Create(Shift);
        for (int column = 0; column < count; column += Segment.Quad, destination += PanelWidth)
        {
            Vector512<int> quad = Vector512<int>.Zero;
            for (int k = 0; k < Segment.Quad && column + k < count; k++, values += PanelWidth)
                quad |= (Vector512.ConvertToInt32Native(Vector512.Load(values)) + shift) << (8 * k);
            quad.AsUInt32().Store(destination);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6(byte* w, int quadCount, sbyte* a0, nint step, int rowCount, int* start, float* products)
    {
        // A sixth row that is not there repeats the first; nobody reads its sums.
        sbyte* a1 = a0 + step, a2 = a1 + step, a3 = a2 + step, a4 = a3 + step, a5 = rowCount == TileRows ? a4 + step : a0;
        Vector256<int> s00 = Vector256.Create(start[0]), s01 = s00, s10 = Vector256.Create(start[1]), s11 = s10, s20 = Vector256.Create(start[2]), s21 = s20;
        Vector256<int> s30 = Vector256.Create(start[3]), s31 = s30, s40 = Vector256.Create(start[4]), s41 = s40, s50 = Vector256.Create(start[5]), s51 = s50;
        for (nint k = 0; k < quadCount * Segment.Quad; k += Segment.Quad, w += QuadBytes)
        {
            Vector256<byte> w0 = Vector256.Load(w), w1 = Vector256.Load(w + QuadBytes / 2);
            Vector256<sbyte> a = Broadcast(a0 + k);
            s00 = AvxVnni.MultiplyWideningAndAdd(s00, w0, a);
            s01 = AvxVnni.MultiplyWideningAndAdd(s01, w1, a);
            a = Broadcast(a1 + k);
            s10 = AvxVnni.MultiplyWideningAndAdd(s10, w0, a);
            s11 = AvxVnni.MultiplyWideningAndAdd(s11, w1, a);
            a = Broadcast(a2 + k);
            s20 = AvxVnni.MultiplyWideningAndAdd(s20, w0, a);
            s21 = AvxVnni.MultiplyWideningAndAdd(s21, w1, a);
            a = Broadcast(a3 + k);
            s30 = AvxVnni.MultiplyWideningAndAdd(s30, w0, a);
            s31 = AvxVnni.MultiplyWideningAndAdd(s31, w1, a);
            a = Broadcast(a4 + k);
            s40 = AvxVnni.MultiplyWideningAndAdd(s40, w0, a);
            s41 = AvxVnni.MultiplyWideningAndAdd(s41, w1, a);
            a = Broadcast(a5 + k);
            s50 = AvxVnni.MultiplyWideningAndAdd(s50, w0, a);
            s51 = AvxVnni.MultiplyWideningAndAdd(s51, w1, a);
        }
        Store(s00, s01, products);
        Store(s10, s11, products + Strip.Width);
        Store(s20, s21, products + 2 * Strip.Width);
        Store(s30, s31, products + 3 * Strip.Width);
        Store(s40, s41, products + 4 * Strip.Width);
        Store(s50, s51, products + 5 * Strip.Width);
    }

    // Four quads at a time, each with sums of its own: integers add up in any order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply1(byte* w, int quadCount, sbyte* a, int start, float* products)
    {
        Vector256<int> s00 = Vector256.Create(start), s01 = s00, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        sbyte* end = a + (nint)quadCount * Segment.Quad;
        for (; a <= end - 4 * Segment.Quad; a += 4 * Segment.Quad, w += 4 * QuadBytes)
        {
            Add(ref s00, ref s01, w, a);
            Add(ref s10, ref s11, w + QuadBytes, a + Segment.Quad);
            Add(ref s20, ref s21, w + 2 * QuadBytes, a + 2 * Segment.Quad);
            Add(ref s30, ref s31, w + 3 * QuadBytes, a + 3 * Segment.Quad);
        }
        for (; a < end; a += Segment.Quad, w += QuadBytes)
            Add(ref s00, ref s01, w, a);
        Store(s00 + s10 + (s20 + s30), s01 + s11 + (s21 + s31), products);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector256<int> low, ref Vector256<int> high, byte* w, sbyte* a)
    {
        Vector256<sbyte> quad = Broadcast(a);
        low = AvxVnni.MultiplyWideningAndAdd(low, Vector256.Load(w), quad);
        high = AvxVnni.MultiplyWideningAndAdd(high, Vector256.Load(w + QuadBytes / 2), quad);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* quad) => Vector256.Create(*(int*)quad).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> low, Vector256<int> high, float* destination)
    {
        Avx.ConvertToVector256Single(low).Store(destination);
        Avx.ConvertToVector256Single(high).Store(destination + Vector256<float>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Sum(sbyte* codes, int count)
    {
        Vector256<int> sums = Vector256<int>.Zero;
        int k = 0;
        for (; k <= count - Vector256<int>.Count; k += Vector256<int>.Count)
            sums += Avx2.ConvertToVector256Int32(codes + k);
        int sum = Vector256.Sum(sums);
        for (; k < count; k++)
            sum += codes[k];
        return sum;
    }
}
