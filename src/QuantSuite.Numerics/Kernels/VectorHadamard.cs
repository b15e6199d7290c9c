using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Numerics;

/// <summary><see cref="HadamardTransform"/> of one row, sixteen elements at a time: every sum has the same two operands as there.</summary>
internal static unsafe class VectorHadamard
{
    private const int Width = VectorMath.Width;
    private const int RowsTogether = 4;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether runs of 2ᵏ fill whole registers.</summary>
    public static bool Supports(HadamardTransform transform) => transform.Run / transform.Factor % Width == 0;

    /// <summary>Transforms one row in place.</summary>
    public static void Transform(float* row, HadamardTransform transform, bool inverse)
    {
        fixed (float* signs = transform.Signs, matrix = transform.FactorMatrix)
        {
            if (!inverse && signs != null)
                MultiplySigns(row, signs, transform.Size);
            for (int first = 0; first < transform.Size; first += transform.Run)
                TransformRun(row + first, transform, matrix, inverse);
            if (inverse && signs != null)
                MultiplySigns(row, signs, transform.Size);
        }
    }

    private static void TransformRun(float* x, HadamardTransform transform, float* matrix, bool transposed)
    {
        int length = transform.Run / transform.Factor;
        for (int step = 1; step < length; step *= 2)
            if (step < Width)
                AddNear(x, transform.Run, step);
            else
                AddFar(x, transform.Run, step);
        if (transform.Factor == 1)
            VectorMath.Scale(x, transform.Scale, x, transform.Run);
        else
            MixRuns(x, transform.Factor, length, matrix, transposed, transform.Scale);
    }

    [MethodImpl(Hot)]
    private static void MultiplySigns(float* x, float* signs, int count)
    {
        for (int i = 0; i < count; i += Width)
            (Vector512.Load(x + i) * Vector512.Load(signs + i)).Store(x + i);
    }

    // Partners in one register: lane i meets lane i ^ step.
    [MethodImpl(Hot)]
    private static void AddNear(float* x, int count, int step)
    {
        Vector512<int> partner = Vector512<int>.Indices ^ Vector512.Create(step);
        Vector512<float> upper = Vector512.Equals(Vector512<int>.Indices & Vector512.Create(step), Vector512.Create(step)).AsSingle() & Vector512.Create(-0f);
        for (float* end = x + count; x < end; x += Width)
        {
            Vector512<float> value = Vector512.Load(x);
            (PanelDecoder.LookUp(value, partner) + (value ^ upper)).Store(x);
        }
    }

    [MethodImpl(Hot)]
    private static void AddFar(float* x, int count, int step)
    {
        for (float* end = x + count; x < end; x += 2 * step)
            for (int i = 0; i < step; i += Width)
            {
                Vector512<float> a = Vector512.Load(x + i), b = Vector512.Load(x + i + step);
                (a + b).Store(x + i);
                (a - b).Store(x + i + step);
            }
    }

    // Sixteen places of each run at a time; four rows of the small matrix share the loads.
    [MethodImpl(Hot)]
    private static void MixRuns(float* x, int order, int length, float* matrix, bool transposed, float scale)
    {
        float* runs = stackalloc float[order * Width];
        nint rowStep = transposed ? 1 : order, columnStep = transposed ? order : 1;
        Vector512<float> scales = Vector512.Create(scale);
        for (int place = 0; place < length; place += Width)
        {
            for (int i = 0; i < order; i++)
                Vector512.Load(x + (nint)i * length + place).Store(runs + i * Width);
            for (int row = 0; row < order; row += RowsTogether)
            {
                float* signs = matrix + row * rowStep;
                Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int i = 0; i < order; i++, signs += columnStep)
                {
                    Vector512<float> value = Vector512.Load(runs + i * Width);
                    s0 = Vector512.FusedMultiplyAdd(Vector512.Create(signs[0]), value, s0);
                    s1 = Vector512.FusedMultiplyAdd(Vector512.Create(signs[rowStep]), value, s1);
                    s2 = Vector512.FusedMultiplyAdd(Vector512.Create(signs[2 * rowStep]), value, s2);
                    s3 = Vector512.FusedMultiplyAdd(Vector512.Create(signs[3 * rowStep]), value, s3);
                }
                float* result = x + (nint)row * length + place;
                (s0 * scales).Store(result);
                (s1 * scales).Store(result + length);
                (s2 * scales).Store(result + 2 * length);
                (s3 * scales).Store(result + 3 * length);
            }
        }
    }
}
