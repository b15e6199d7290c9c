using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// The row operations of <see cref="ScalarKernels"/>, sixteen elements at a time. A row's sum is sixteen strided partial sums by definition, so one 512-bit
/// register holds it; where the processor has 256 bits, the compiler takes each <see cref="Vector512{T}"/> in two halves, with the same bits.
/// The last elements of a row are copied into a whole vector and back: nothing outside a row is read or written.
/// </summary>
internal static unsafe class VectorMath
{
    public const int Width = 16;

    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary><see cref="ElementaryFunctions.Exp(float)"/> of sixteen values, rounding by rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> n = Vector512.Round(x * Vector512.Create(1.44269504f));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145752f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860677e-6f), r);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(1.98412698e-4f), r, Vector512.Create(1.38888889e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.33333333e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.16666667e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.66666667e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        p = Scale(Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f)), n);
        p = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(88.73f)), Vector512.Create(float.PositiveInfinity), p);
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-104f)), Vector512<float>.Zero, p);
    }

    /// <summary><see cref="ScalarKernels.RmsNorm"/> of one row.</summary>
    [MethodImpl(Hot)]
    public static void RmsNorm(float* x, float* weight, float epsilon, float* y, int count)
    {
        int whole = count & -Width;
        Vector512<float> partials = Vector512<float>.Zero;
        for (int k = 0; k < whole; k += Width)
        {
            Vector512<float> value = Vector512.Load(x + k);
            partials = Vector512.FusedMultiplyAdd(value, value, partials);
        }
        if (whole < count)
        {
            // A lane beyond the end adds +0 to a sum of squares: no change.
            Vector512<float> value = LoadPart(x + whole, count - whole);
            partials = Vector512.FusedMultiplyAdd(value, value, partials);
        }
        Vector512<float> reciprocal = Vector512.Create(1 / MathF.Sqrt(Combine(partials) / count + epsilon));
        for (int k = 0; k < whole; k += Width)
            (Vector512.Load(x + k) * reciprocal * Vector512.Load(weight + k)).Store(y + k);
        for (int k = whole; k < count; k++)
            y[k] = x[k] * reciprocal[0] * weight[k];
    }

    /// <summary><see cref="ScalarKernels.Rotate"/> of one head.</summary>
    [MethodImpl(Hot)]
    public static void Rotate(float* x, float* cos, float* sin, int half)
    {
        int i = 0;
        for (; i <= half - Width; i += Width)
        {
            Vector512<float> a = Vector512.Load(x + i), b = Vector512.Load(x + i + half), c = Vector512.Load(cos + i), s = Vector512.Load(sin + i);
            Vector512.FusedMultiplyAdd(a, c, -(b * s)).Store(x + i);
            Vector512.FusedMultiplyAdd(b, c, a * s).Store(x + i + half);
        }
        for (; i < half; i++)
        {
            float a = x[i], b = x[i + half];
            x[i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            x[i + half] = MathF.FusedMultiplyAdd(b, cos[i], a * sin[i]);
        }
    }

    /// <summary><see cref="ScalarKernels.SiluMultiply"/> of one row.</summary>
    [MethodImpl(Hot)]
    public static void SiluMultiply(float* gate, float* up, float* y, int count)
    {
        int whole = count & -Width;
        for (int k = 0; k < whole; k += Width)
            SiluMultiply(Vector512.Load(gate + k), Vector512.Load(up + k)).Store(y + k);
        if (whole < count)
            StorePart(SiluMultiply(LoadPart(gate + whole, count - whole), LoadPart(up + whole, count - whole)), y + whole, count - whole);
    }

    /// <summary>y += x.</summary>
    [MethodImpl(Hot)]
    public static void Add(float* x, float* y, int count)
    {
        int k = 0;
        for (; k <= count - Width; k += Width)
            (Vector512.Load(y + k) + Vector512.Load(x + k)).Store(y + k);
        for (; k < count; k++)
            y[k] += x[k];
    }

    /// <summary>y = x·factor; a multiple of 4 values.</summary>
    [MethodImpl(Hot)]
    public static void Scale(float* x, float factor, float* y, int count)
    {
        int k = 0;
        for (; k <= count - Width; k += Width)
            (Vector512.Load(x + k) * Vector512.Create(factor)).Store(y + k);
        for (; k < count; k += 4)
            (Vector128.Load(x + k) * factor).Store(y + k);
    }

    /// <summary>y = x / divisor; a multiple of 4 values.</summary>
    [MethodImpl(Hot)]
    public static void Divide(float* x, float divisor, float* y, int count)
    {
        int k = 0;
        for (; k <= count - Width; k += Width)
            (Vector512.Load(x + k) / Vector512.Create(divisor)).Store(y + k);
        for (; k < count; k += 4)
            (Vector128.Load(x + k) / divisor).Store(y + k);
    }

    /// <summary>Turns scores into exp(score − the largest), in place; returns their strided sum.</summary>
    [MethodImpl(Hot)]
    public static float SoftmaxWeights(float* scores, int count)
    {
        int whole = count & -Width, rest = count - whole;
        // A NaN that the maximum passes over makes the sum NaN all the same.
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        for (int k = 0; k < whole; k += Width)
            largest = Vector512.MaxNative(Vector512.Load(scores + k), largest);
        float maximum = Largest(largest);
        for (int k = whole; k < count; k++)
            maximum = MathF.Max(maximum, scores[k]);
        Vector512<float> shift = Vector512.Create(maximum), partials = Vector512<float>.Zero;
        for (int k = 0; k < whole; k += Width)
        {
            Vector512<float> weight = Exp(Vector512.Load(scores + k) - shift);
            partials += weight;
            weight.Store(scores + k);
        }
        if (rest > 0)
        {
            Vector512<float> weight = Vector512.ConditionalSelect(FirstLanes(rest), Exp(LoadPart(scores + whole, rest) - shift), Vector512<float>.Zero);
            partials += weight;
            StorePart(weight, scores + whole, rest);
        }
        return Combine(partials);
    }

    /// <summary><see cref="ScalarKernels.LogSumExp"/> of one row.</summary>
    [MethodImpl(Hot)]
    public static (double LogSumExp, int ArgMax) LogSumExp(float* x, int count)
    {
        int argMax = FirstLargest(x, count), whole = count & -Width;
        Vector512<float> shift = Vector512.Create(x[argMax]);
        Vector512<double> low = Vector512<double>.Zero, high = Vector512<double>.Zero;
        for (int k = 0; k < whole; k += Width)
        {
            (Vector512<double> first, Vector512<double> second) = Vector512.Widen(Exp(Vector512.Load(x + k) - shift));
            low += first;
            high += second;
        }
        if (whole < count)
        {
            Vector512<float> exponentials = Exp(LoadPart(x + whole, count - whole) - shift);
            (Vector512<double> first, Vector512<double> second) =
                Vector512.Widen(Vector512.ConditionalSelect(FirstLanes(count - whole), exponentials, Vector512<float>.Zero));
            low += first;
            high += second;
        }
        Span<double> partials = stackalloc double[StridedSum.PartialCount];
        low.CopyTo(partials);
        high.CopyTo(partials[8..]);
        return (x[argMax] + ElementaryFunctions.Log(StridedSum.Combine(partials)), argMax);
    }

    /// <summary><see cref="ScalarKernels.QuantizeRows"/> of one row; returns its scale.</summary>
    [MethodImpl(Hot)]
    public static float QuantizeRow(float* x, sbyte* codes, int count, float limit, float? known)
    {
        int whole = count & -Width;
        Vector512<float> largest = Vector512<float>.Zero;
        for (int k = 0; k < whole; k += Width)
            largest = Vector512.Max(largest, Vector512.Abs(Vector512.Load(x + k)));
        if (whole < count)
            largest = Vector512.Max(largest, Vector512.Abs(LoadPart(x + whole, count - whole)));
        float scale = known ?? Largest(largest) / limit;
        if (scale == 0)
            scale = 1;
        for (int k = 0; k < whole; k += Width)
            ToCodes(Vector512.Load(x + k), scale, limit).Store(codes + k);
        if (whole < count)
        {
            Vector128<sbyte> last = ToCodes(LoadPart(x + whole, count - whole), scale, limit);
            for (int k = whole; k < count; k++)
                codes[k] = last[k - whole];
        }
        return scale;
    }

    /// <summary>
    /// <see cref="ScalarKernels.RoundRows"/> of a group whose codes are small floats. With p the power of two at or below |x/s|, and no smaller than the smallest normal value, adding
    /// and taking away 1.5·p·2^(23−f) leaves f bits of fraction, ties to even.
    /// </summary>
    [MethodImpl(Hot)]
    public static void RoundToMinifloat(float* x, float* y, int count, float scale, Minifloat layout, float largest)
    {
        int whole = count & -Width;
        Vector512<float> scales = Vector512.Create(scale), top = Vector512.Create(largest), smallest = Vector512.Create(MathF.ScaleB(1, layout.SmallestExponent));
        Vector512<float> magic = Vector512.Create(MathF.ScaleB(1.5f, 23 - layout.FractionBits)), exponent = Vector512.Create(0x7F800000).AsSingle();
        for (int k = 0; k < count; k += Width)
        {
            Vector512<float> value = (k < whole ? Vector512.Load(x + k) : LoadPart(x + k, count - k)) / scales;
            value = Vector512.Max(-top, Vector512.Min(top, value));
            Vector512<float> shift = Vector512.Max(value & exponent, smallest) * magic;
            value = Vector512.CopySign((value + shift) - shift, value) * scales;
            if (k < whole)
                value.Store(y + k);
            else
                StorePart(value, y + k, count - k);
        }
    }

    /// <summary><see cref="ScalarKernels.RoundGroups"/> of one group.</summary>
    [MethodImpl(Hot)]
    public static void RoundGroup(float* x, int count, float lastCode)
    {
        int whole = count & -Width;
        Vector512<float> lowest = Vector512<float>.Zero, highest = lowest;
        for (int k = 0; k < count; k += Width)
        {
            Vector512<float> value = k < whole ? Vector512.Load(x + k) : LoadPart(x + k, count - k);
            lowest = Vector512.Min(lowest, value);
            highest = Vector512.Max(highest, value);
        }
        float min = -Largest(-lowest), scale = (Largest(highest) - min) / lastCode;
        if (scale == 0)
            scale = 1;
        Vector512<float> scales = Vector512.Create(scale), last = Vector512.Create(lastCode);
        Vector512<float> zeros = Vector512.Create(MathF.Max(0, MathF.Min(lastCode, MathF.Round(-min / scale))));
        for (int k = 0; k < count; k += Width)
        {
            Vector512<float> value = k < whole ? Vector512.Load(x + k) : LoadPart(x + k, count - k);
            value = (Vector512.Max(Vector512<float>.Zero, Vector512.Min(last, Vector512.Round(value / scales) + zeros)) - zeros) * scales;
            if (k < whole)
                value.Store(x + k);
            else
                StorePart(value, x + k, count - k);
        }
    }

    /// <summary>Sixteen signed codes as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ToFloats(Vector128<sbyte> codes)
    {
        Vector256<short> words = Vector256.Create(Vector128.WidenLower(codes), Vector128.WidenUpper(codes));
        return Vector512.ConvertToSingle(Vector512.Create(Vector256.WidenLower(words), Vector256.WidenUpper(words)));
    }

    /// <summary>The first values of a vector; the other lanes are +0.</summary>
    public static Vector512<float> LoadPart(float* source, int count)
    {
        float* lanes = stackalloc float[Width];
        for (int i = 0; i < Width; i++)
            lanes[i] = i < count ? source[i] : 0;
        return Vector512.Load(lanes);
    }

    /// <summary>Stores the first lanes of a vector.</summary>
    public static void StorePart(Vector512<float> value, float* destination, int count)
    {
        float* lanes = stackalloc float[Width];
        value.Store(lanes);
        for (int i = 0; i < count; i++)
            destination[i] = lanes[i];
    }

    /// <summary><see cref="StridedSum.Combine(Span{float})"/>.</summary>
    public static float Combine(Vector512<float> partials)
    {
        Vector256<float> eight = partials.GetLower() + partials.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return four[0] + four[2] + (four[1] + four[3]);
    }

    // p·2ⁿ rounded once, as the definition's two exact steps.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> p, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Scale(p, n);
        Vector512<int> exponent = Vector512.ConvertToInt32Native(n), half = exponent >> 1, bias = Vector512.Create(127);
        return p * ((half + bias) << 23).AsSingle() * ((exponent - half + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> SiluMultiply(Vector512<float> gate, Vector512<float> up) => gate / (Vector512.Create(1f) + Exp(-gate)) * up;

    private static Vector128<sbyte> ToCodes(Vector512<float> x, float scale, float limit)
    {
        Vector512<float> code = Vector512.Round(x / Vector512.Create(scale));
        code = Vector512.Max(Vector512.Create(-limit), Vector512.Min(Vector512.Create(limit), code));
        Vector512<int> integers = Vector512.ConvertToInt32(code);
        Vector256<short> words = Vector256.Narrow(integers.GetLower(), integers.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper());
    }

    private static Vector512<float> FirstLanes(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> lanes)
    {
        Vector256<float> eight = Vector256.Max(lanes.GetLower(), lanes.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    // A NaN in front wins, other NaNs lose every comparison: as the definition.
    [MethodImpl(Hot)]
    private static int FirstLargest(float* x, int count)
    {
        if (float.IsNaN(x[0]))
            return 0;
        int whole = count & -Width;
        Vector512<float> best = Vector512.Create(x[0]);
        Vector512<int> bestIndex = Vector512<int>.Zero, index = Vector512<int>.Indices;
        for (int k = 0; k < whole; k += Width, index += Vector512.Create(Width))
        {
            Vector512<float> value = Vector512.Load(x + k);
            Vector512<float> greater = Vector512.GreaterThan(value, best);
            best = Vector512.ConditionalSelect(greater, value, best);
            bestIndex = Vector512.ConditionalSelect(greater.AsInt32(), index, bestIndex);
        }
        int argMax = bestIndex[0];
        for (int lane = 1; lane < Width; lane++)
            if (best[lane] > x[argMax] || (best[lane] == x[argMax] && bestIndex[lane] < argMax))
                argMax = bestIndex[lane];
        for (int k = whole; k < count; k++)
            if (x[k] > x[argMax])
                argMax = k;
        return argMax;
    }
}
