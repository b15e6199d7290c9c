using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>Register tiles of 16 registers: 6, 2 and 1 rows by one panel of 16 outputs (12 registers of sums, 2 of weights, 1 of activations).</summary>
internal static unsafe class Avx2Tiles
{
    private const int Width = PanelMatrix.PanelWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static void Multiply(in Strip strip)
    {
        Panel(strip, strip.B0, strip.C);
        if (strip.B1 != strip.B0)
            Panel(strip, strip.B1, strip.C + Width);
        if (strip.B2 != strip.B1)
            Panel(strip, strip.B2, strip.C + 2 * Width);
    }

    private static void Panel(in Strip strip, float* b, float* c)
    {
        int m = 0;
        for (; m <= strip.Rows - 6; m += 6)
            Multiply6(strip, m, b, c + m * strip.CStride);
        for (; m <= strip.Rows - 2; m += 2)
            Multiply2(strip, m, b, c + m * strip.CStride);
        if (m < strip.Rows)
            Multiply1(strip, m, b, c + m * strip.CStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply6(in Strip strip, int m, float* b, float* c)
    {
        nint aStride = strip.AStride, cStride = strip.CStride, count = strip.Columns;
        Sums s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        if (strip.Continues)
        {
            s0 = Sums.Load(c);
            s1 = Sums.Load(c + cStride);
            s2 = Sums.Load(c + 2 * cStride);
            s3 = Sums.Load(c + 3 * cStride);
            s4 = Sums.Load(c + 4 * cStride);
            s5 = Sums.Load(c + 5 * cStride);
        }
        float* a0 = strip.A + m * aStride, a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride;
        for (nint k = 0; k < count; k++, b += Width)
        {
            Vector256<float> w0 = Vector256.Load(b), w1 = Vector256.Load(b + 8);
            s0.Add(a0[k], w0, w1);
            s1.Add(a1[k], w0, w1);
            s2.Add(a2[k], w0, w1);
            s3.Add(a3[k], w0, w1);
            s4.Add(a4[k], w0, w1);
            s5.Add(a5[k], w0, w1);
        }
        s0.Store(c);
        s1.Store(c + cStride);
        s2.Store(c + 2 * cStride);
        s3.Store(c + 3 * cStride);
        s4.Store(c + 4 * cStride);
        s5.Store(c + 5 * cStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply2(in Strip strip, int m, float* b, float* c)
    {
        nint aStride = strip.AStride, cStride = strip.CStride, count = strip.Columns;
        Sums s0 = strip.Continues ? Sums.Load(c) : default, s1 = strip.Continues ? Sums.Load(c + cStride) : default;
        float* a0 = strip.A + m * aStride, a1 = a0 + aStride;
        for (nint k = 0; k < count; k++, b += Width)
        {
            Vector256<float> w0 = Vector256.Load(b), w1 = Vector256.Load(b + 8);
            s0.Add(a0[k], w0, w1);
            s1.Add(a1[k], w0, w1);
        }
        s0.Store(c);
        s1.Store(c + cStride);
    }

    [MethodImpl(Hot)]
    private static void Multiply1(in Strip strip, int m, float* b, float* c)
    {
        nint count = strip.Columns;
        float* a = strip.A + m * strip.AStride;
        Sums s = strip.Continues ? Sums.Load(c) : default;
        for (nint k = 0; k < count; k++, b += Width)
            s.Add(a[k], Vector256.Load(b), Vector256.Load(b + 8));
        s.Store(c);
    }

    // The sums of one row: 16 outputs.
    private struct Sums
    {
        private Vector256<float> low, high;

        [MethodImpl(Inline)]
        public static Sums Load(float* c) => new() { low = Vector256.Load(c), high = Vector256.Load(c + 8) };

        [MethodImpl(Inline)]
        public void Add(float a, Vector256<float> w0, Vector256<float> w1)
        {
            Vector256<float> activation = Vector256.Create(a);
            low = Fma.MultiplyAdd(activation, w0, low);
            high = Fma.MultiplyAdd(activation, w1, high);
        }

        [MethodImpl(Inline)]
        public readonly void Store(float* c)
        {
            low.Store(c);
            high.Store(c + 8);
        }
    }
}
