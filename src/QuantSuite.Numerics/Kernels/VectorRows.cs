using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>Row operations beyond Llama's: layer norm, products element by element, interleaved rotary pairs. As in <see cref="VectorMath"/>, a lane is an element.</summary>
internal static unsafe class VectorRows
{
    private const int Width = VectorMath.Width;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary><see cref="ScalarKernels.LayerNorm"/> of one row; weight and bias may be null.</summary>
    [MethodImpl(Hot)]
    public static void LayerNorm(float* x, float* weight, float* bias, float epsilon, float* y, int count)
    {
        int whole = count & -Width, rest = count - whole;
        Vector512<float> partials = Vector512<float>.Zero;
        for (int k = 0; k < whole; k += Width)
            partials += Vector512.Load(x + k);
        if (rest > 0)
            partials += VectorMath.LoadPart(x + whole, rest);
        float mean = VectorMath.Combine(partials) / count;
        Vector512<float> means = Vector512.Create(mean);
        partials = Vector512<float>.Zero;
        for (int k = 0; k < whole; k += Width)
        {
            Vector512<float> difference = Vector512.Load(x + k) - means;
            partials = Vector512.FusedMultiplyAdd(difference, difference, partials);
        }
        float* last = stackalloc float[Width];
        for (int k = whole; k < count; k++)
            last[k - whole] = x[k] - mean;
        Vector512<float> tail = VectorMath.LoadPart(last, rest);
        partials = Vector512.FusedMultiplyAdd(tail, tail, partials);
        float reciprocal = 1 / MathF.Sqrt(VectorMath.Combine(partials) / count + epsilon);
        Vector512<float> factor = Vector512.Create(reciprocal);
        for (int k = 0; k < whole; k += Width)
        {
            Vector512<float> value = (Vector512.Load(x + k) - means) * factor;
            if (weight != null)
                value = bias != null ? Vector512.FusedMultiplyAdd(value, Vector512.Load(weight + k), Vector512.Load(bias + k)) : value * Vector512.Load(weight + k);
            value.Store(y + k);
        }
        for (int k = whole; k < count; k++)
        {
            float value = (x[k] - mean) * reciprocal;
            if (weight != null)
                value = bias != null ? MathF.FusedMultiplyAdd(value, weight[k], bias[k]) : value * weight[k];
            y[k] = value;
        }
    }

    /// <summary>y *= x.</summary>
    [MethodImpl(Hot)]
    public static void Multiply(float* x, float* y, int count)
    {
        int k = 0;
        for (; k <= count - Width; k += Width)
            (Vector512.Load(y + k) * Vector512.Load(x + k)).Store(y + k);
        for (; k < count; k++)
            y[k] *= x[k];
    }

    /// <summary>x *= factor.</summary>
    [MethodImpl(Hot)]
    public static void Scale(float* x, float factor, int count)
    {
        int k = 0;
        for (; k <= count - Width; k += Width)
            (Vector512.Load(x + k) * Vector512.Create(factor)).Store(x + k);
        for (; k < count; k++)
            x[k] *= factor;
    }

    /// <summary>Rotary pairs (2i, 2i + 1) of one head.</summary>
    [MethodImpl(Hot)]
    public static void RotateInterleaved(float* x, float* cos, float* sin, int pairs)
    {
        for (int i = 0; i < pairs; i++)
        {
            float a = x[2 * i], b = x[2 * i + 1];
            x[2 * i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            x[2 * i + 1] = MathF.FusedMultiplyAdd(b, cos[i], a * sin[i]);
        }
    }
}
