using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>
/// The second half of attention: sums[r, d] continues the chain of fma(weights[r, j], v[j, d]) over positions j. Lanes are dimensions; four rows at a time
/// share each load of the values, 64 dimensions wide with 32 registers, 32 wide with 16; what is left of a head goes four dimensions at a time.
/// </summary>
internal static unsafe class ValueSums
{
    /// <summary>Rows that one pass over the values serves.</summary>
    public const int RowsAtOnce = 4;

    private const int Width = VectorMath.Width;
    private const int PageWidth = AttentionShape.PageWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>
    /// Four rows, positions [begin, end), from +0 where begin is 0 and else from what the sums hold.
    /// Rows of weights are <paramref name="stride"/> floats apart, rows of sums one head.
    /// </summary>
    public static void AddFour(float* weights, nint stride, nint[] pages, long offset, int begin, int end, int headDim, float* sums)
    {
        int d = 0;
        if (Avx512F.IsSupported)
            for (; d <= headDim - 4 * Width; d += 4 * Width)
                AddFour64(weights, stride, pages, offset + d, begin, end, headDim, sums + d);
        for (; d <= headDim - 2 * Width; d += 2 * Width)
            AddFour32(weights, stride, pages, offset + d, begin, end, headDim, sums + d);
        if (d < headDim)
            for (int r = 0; r < RowsAtOnce; r++)
                AddRest(weights + r * stride, pages, offset, begin, end, headDim, sums + r * headDim, d);
    }

    /// <summary>One row, positions [begin, end).</summary>
    [MethodImpl(Hot)]
    public static void AddOne(float* weights, nint[] pages, long offset, int begin, int end, int headDim, float* sums)
    {
        int d = 0;
        for (; d <= headDim - 2 * Width; d += 2 * Width)
        {
            Pair sum = Pair.Load(sums + d);
            for (int j = begin; j < end; j++)
            {
                float* value = (float*)pages[j / PageWidth] + offset + j % PageWidth * headDim + d;
                sum.Add(Vector512.Create(weights[j]), Vector512.Load(value), Vector512.Load(value + Width));
            }
            sum.Store(sums + d);
        }
        AddRest(weights, pages, offset, begin, end, headDim, sums, d);
    }

    [MethodImpl(Hot)]
    private static void AddFour64(float* weights, nint stride, nint[] pages, long offset, int begin, int end, int headDim, float* sums)
    {
        Pair a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        if (begin > 0)
        {
            (a0, b0) = (Pair.Load(sums), Pair.Load(sums + 2 * Width));
            (a1, b1) = (Pair.Load(sums + headDim), Pair.Load(sums + headDim + 2 * Width));
            (a2, b2) = (Pair.Load(sums + 2 * headDim), Pair.Load(sums + 2 * headDim + 2 * Width));
            (a3, b3) = (Pair.Load(sums + 3 * headDim), Pair.Load(sums + 3 * headDim + 2 * Width));
        }
        float* e0 = weights, e1 = e0 + stride, e2 = e1 + stride, e3 = e2 + stride;
        for (int first = begin; first < end; first = (first / PageWidth + 1) * PageWidth)
        {
            float* value = (float*)pages[first / PageWidth] + offset + first % PageWidth * headDim;
            float* next = (float*)pages[Math.Min(first + PageWidth, end - 1) / PageWidth] + offset;
            int last = Math.Min(end, (first / PageWidth + 1) * PageWidth);
            for (nint j = first; j < last; j++, value += headDim, next += headDim)
            {
                Sse.Prefetch0(next);
                Sse.Prefetch0(next + Width);
                Sse.Prefetch0(next + 2 * Width);
                Sse.Prefetch0(next + 3 * Width);
                Vector512<float> v0 = Vector512.Load(value), v1 = Vector512.Load(value + Width);
                Vector512<float> v2 = Vector512.Load(value + 2 * Width), v3 = Vector512.Load(value + 3 * Width);
                Vector512<float> weight = Vector512.Create(e0[j]);
                a0.Add(weight, v0, v1);
                b0.Add(weight, v2, v3);
                weight = Vector512.Create(e1[j]);
                a1.Add(weight, v0, v1);
                b1.Add(weight, v2, v3);
                weight = Vector512.Create(e2[j]);
                a2.Add(weight, v0, v1);
                b2.Add(weight, v2, v3);
                weight = Vector512.Create(e3[j]);
                a3.Add(weight, v0, v1);
                b3.Add(weight, v2, v3);
            }
        }
        a0.Store(sums);
        b0.Store(sums + 2 * Width);
        a1.Store(sums + headDim);
        b1.Store(sums + headDim + 2 * Width);
        a2.Store(sums + 2 * headDim);
        b2.Store(sums + 2 * headDim + 2 * Width);
        a3.Store(sums + 3 * headDim);
        b3.Store(sums + 3 * headDim + 2 * Width);
    }

    [MethodImpl(Hot)]
    private static void AddFour32(float* weights, nint stride, nint[] pages, long offset, int begin, int end, int headDim, float* sums)
    {
        Pair s0 = default, s1 = default, s2 = default, s3 = default;
        if (begin > 0)
            (s0, s1, s2, s3) = (Pair.Load(sums), Pair.Load(sums + headDim), Pair.Load(sums + 2 * headDim), Pair.Load(sums + 3 * headDim));
        float* e0 = weights, e1 = e0 + stride, e2 = e1 + stride, e3 = e2 + stride;
        for (int first = begin; first < end; first = (first / PageWidth + 1) * PageWidth)
        {
            float* value = (float*)pages[first / PageWidth] + offset + first % PageWidth * headDim;
            int last = Math.Min(end, (first / PageWidth + 1) * PageWidth);
            for (nint j = first; j < last; j++, value += headDim)
            {
                Vector512<float> v0 = Vector512.Load(value), v1 = Vector512.Load(value + Width);
                s0.Add(Vector512.Create(e0[j]), v0, v1);
                s1.Add(Vector512.Create(e1[j]), v0, v1);
                s2.Add(Vector512.Create(e2[j]), v0, v1);
                s3.Add(Vector512.Create(e3[j]), v0, v1);
            }
        }
        s0.Store(sums);
        s1.Store(sums + headDim);
        s2.Store(sums + 2 * headDim);
        s3.Store(sums + 3 * headDim);
    }

    // One row, dimensions from d on, four at a time.
    [MethodImpl(Hot)]
    private static void AddRest(float* weights, nint[] pages, long offset, int begin, int end, int headDim, float* sums, int d)
    {
        for (; d < headDim; d += 4)
        {
            Vector128<float> sum = begin == 0 ? default : Vector128.Load(sums + d);
            for (int j = begin; j < end; j++)
            {
                float* value = (float*)pages[j / PageWidth] + offset + j % PageWidth * headDim + d;
                sum = Vector128.FusedMultiplyAdd(Vector128.Create(weights[j]), Vector128.Load(value), sum);
            }
            sum.Store(sums + d);
        }
    }

    // Sums over 32 dimensions of a head.
    private struct Pair
    {
        private Vector512<float> first, second;

        [MethodImpl(Inline)]
        public static Pair Load(float* source) => new() { first = Vector512.Load(source), second = Vector512.Load(source + Width) };

        [MethodImpl(Inline)]
        public void Add(Vector512<float> weight, Vector512<float> v0, Vector512<float> v1)
        {
            first = Vector512.FusedMultiplyAdd(weight, v0, first);
            second = Vector512.FusedMultiplyAdd(weight, v1, second);
        }

        [MethodImpl(Inline)]
        public readonly void Store(float* destination)
        {
            first.Store(destination);
            second.Store(destination + Width);
        }
    }
}
