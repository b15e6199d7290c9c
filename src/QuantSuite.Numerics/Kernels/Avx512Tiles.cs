using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>
/// Register tiles: 8, 4, 2 and 1 rows by three panels of 16 outputs. Of 32 registers the large one takes 24 for sums, 3 for weights and 1 for the
/// activation that meets them; eight or more independent chains hide the latency of the fused multiply-add.
/// </summary>
internal static unsafe class Avx512Tiles
{
    private const int Width = PanelMatrix.PanelWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static void Multiply(in Strip strip)
    {
        int m = 0;
        for (; m <= strip.Rows - 8; m += 8)
            Multiply8(strip, m, strip.Ahead(m / 8));
        if ((strip.Rows & 4) != 0)
            Multiply4(strip, m);
        m += strip.Rows & 4;
        if ((strip.Rows & 2) != 0)
            Multiply2(strip, m);
        m += strip.Rows & 2;
        if ((strip.Rows & 1) != 0)
            Multiply1(strip, m);
    }

    [MethodImpl(Hot)]
    private static void Multiply8(in Strip strip, int m, byte* ahead)
    {
        nint aStride = strip.AStride, cStride = strip.CStride, count = strip.Columns;
        float* c = strip.C + m * cStride;
        Sums s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        if (strip.Continues)
        {
            s0 = Sums.Load(c);
            s1 = Sums.Load(c + cStride);
            s2 = Sums.Load(c + 2 * cStride);
            s3 = Sums.Load(c + 3 * cStride);
            s4 = Sums.Load(c + 4 * cStride);
            s5 = Sums.Load(c + 5 * cStride);
            s6 = Sums.Load(c + 6 * cStride);
            s7 = Sums.Load(c + 7 * cStride);
        }
        float* a0 = strip.A + m * aStride, a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride;
        float* a4 = a3 + aStride, a5 = a4 + aStride, a6 = a5 + aStride, a7 = a6 + aStride;
        float* b0 = strip.B0, b1 = strip.B1, b2 = strip.B2;
        nint step = strip.AheadStep;
        for (nint k = 0; k < count; k++)
        {
            Sse.Prefetch0(ahead);
            ahead += step;
            Vector512<float> w0 = Vector512.Load(b0), w1 = Vector512.Load(b1), w2 = Vector512.Load(b2);
            s0.Add(a0[k], w0, w1, w2);
            s1.Add(a1[k], w0, w1, w2);
            s2.Add(a2[k], w0, w1, w2);
            s3.Add(a3[k], w0, w1, w2);
            s4.Add(a4[k], w0, w1, w2);
            s5.Add(a5[k], w0, w1, w2);
            s6.Add(a6[k], w0, w1, w2);
            s7.Add(a7[k], w0, w1, w2);
            b0 += Width;
            b1 += Width;
            b2 += Width;
        }
        s0.Store(c);
        s1.Store(c + cStride);
        s2.Store(c + 2 * cStride);
        s3.Store(c + 3 * cStride);
        s4.Store(c + 4 * cStride);
        s5.Store(c + 5 * cStride);
        s6.Store(c + 6 * cStride);
        s7.Store(c + 7 * cStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply4(in Strip strip, int m)
    {
        byte* ahead0 = strip.Ahead(0), ahead1 = strip.Ahead(1), ahead2 = strip.Ahead(2);
        nint aStride = strip.AStride, cStride = strip.CStride, count = strip.Columns;
        float* c = strip.C + m * cStride;
        Sums s0 = default, s1 = default, s2 = default, s3 = default;
        if (strip.Continues)
        {
            s0 = Sums.Load(c);
            s1 = Sums.Load(c + cStride);
            s2 = Sums.Load(c + 2 * cStride);
            s3 = Sums.Load(c + 3 * cStride);
        }
        float* a0 = strip.A + m * aStride, a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride;
        float* b0 = strip.B0, b1 = strip.B1, b2 = strip.B2;
        nint step = strip.AheadStep;
        for (nint k = 0; k < count; k++, ahead0 += step, ahead1 += step, ahead2 += step)
        {
            Sse.Prefetch0(ahead0);
            Sse.Prefetch0(ahead1);
            Sse.Prefetch0(ahead2);
            Vector512<float> w0 = Vector512.Load(b0), w1 = Vector512.Load(b1), w2 = Vector512.Load(b2);
            s0.Add(a0[k], w0, w1, w2);
            s1.Add(a1[k], w0, w1, w2);
            s2.Add(a2[k], w0, w1, w2);
            s3.Add(a3[k], w0, w1, w2);
            b0 += Width;
            b1 += Width;
            b2 += Width;
        }
        s0.Store(c);
        s1.Store(c + cStride);
        s2.Store(c + 2 * cStride);
        s3.Store(c + 3 * cStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply2(in Strip strip, int m)
    {
        byte* ahead0 = strip.Ahead(0), ahead1 = strip.Ahead(1), ahead2 = strip.Ahead(2);
        nint aStride = strip.AStride, cStride = strip.CStride, count = strip.Columns;
        float* c = strip.C + m * cStride;
        Sums s0 = strip.Continues ? Sums.Load(c) : default, s1 = strip.Continues ? Sums.Load(c + cStride) : default;
        float* a0 = strip.A + m * aStride, a1 = a0 + aStride;
        float* b0 = strip.B0, b1 = strip.B1, b2 = strip.B2;
        nint step = strip.AheadStep;
        for (nint k = 0; k < count; k++, ahead0 += step, ahead1 += step, ahead2 += step)
        {
            Sse.Prefetch0(ahead0);
            Sse.Prefetch0(ahead1);
            Sse.Prefetch0(ahead2);
            Vector512<float> w0 = Vector512.Load(b0), w1 = Vector512.Load(b1), w2 = Vector512.Load(b2);
            s0.Add(a0[k], w0, w1, w2);
            s1.Add(a1[k], w0, w1, w2);
            b0 += Width;
            b1 += Width;
            b2 += Width;
        }
        s0.Store(c);
        s1.Store(c + cStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply1(in Strip strip, int m)
    {
        byte* ahead0 = strip.Ahead(0), ahead1 = strip.Ahead(1), ahead2 = strip.Ahead(2);
        nint count = strip.Columns;
        float* c = strip.C + m * strip.CStride, a = strip.A + m * strip.AStride;
        Sums s = strip.Continues ? Sums.Load(c) : default;
        float* b0 = strip.B0, b1 = strip.B1, b2 = strip.B2;
        nint step = strip.AheadStep;
        for (nint k = 0; k < count; k++, ahead0 += step, ahead1 += step, ahead2 += step)
        {
            Sse.Prefetch0(ahead0);
            Sse.Prefetch0(ahead1);
            Sse.Prefetch0(ahead2);
            s.Add(a[k], Vector512.Load(b0), Vector512.Load(b1), Vector512.Load(b2));
            b0 += Width;
            b1 += Width;
            b2 += Width;
        }
        s.Store(c);
    }

    // The sums of one row: 48 outputs.
    private struct Sums
    {
        private Vector512<float> first, second, third;

        [MethodImpl(Inline)]
        public static Sums Load(float* c) => new()
        {
            first = Vector512.Load(c),
            second = Vector512.Load(c + Width),
            third = Vector512.Load(c + 2 * Width),
        };

        [MethodImpl(Inline)]
        public void Add(float a, Vector512<float> w0, Vector512<float> w1, Vector512<float> w2)
        {
            Vector512<float> activation = Vector512.Create(a);
            first = Avx512F.FusedMultiplyAdd(activation, w0, first);
            second = Avx512F.FusedMultiplyAdd(activation, w1, second);
            third = Avx512F.FusedMultiplyAdd(activation, w2, third);
        }

        [MethodImpl(Inline)]
        public readonly void Store(float* c)
        {
            first.Store(c);
            second.Store(c + Width);
            third.Store(c + 2 * Width);
        }
    }
}
