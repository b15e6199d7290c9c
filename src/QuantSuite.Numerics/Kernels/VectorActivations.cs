using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary><see cref="ElementaryFunctions.Activate"/>, tanh and erf of sixteen values, rounding by rounding.</summary>
internal static unsafe class VectorActivations
{
    private const int Width = VectorMath.Width;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private static Vector512<float> One => Vector512.Create(1f);

    /// <summary>y = f(x); y may be x.</summary>
    [MethodImpl(Hot)]
    public static void Activate(Activation activation, float* x, float* y, int count)
    {
        int whole = count & -Width;
        for (int k = 0; k < whole; k += Width)
            Of(activation, Vector512.Load(x + k)).Store(y + k);
        if (whole < count)
            VectorMath.StorePart(Of(activation, VectorMath.LoadPart(x + whole, count - whole)), y + whole, count - whole);
    }

    /// <summary>x = cap·tanh(x / cap), in place.</summary>
    [MethodImpl(Hot)]
    public static void SoftCap(float* x, float cap, int count)
    {
        int whole = count & -Width;
        Vector512<float> caps = Vector512.Create(cap);
        for (int k = 0; k < whole; k += Width)
            (caps * Tanh(Vector512.Load(x + k) / caps)).Store(x + k);
        if (whole < count)
            VectorMath.StorePart(caps * Tanh(VectorMath.LoadPart(x + whole, count - whole) / caps), x + whole, count - whole);
    }

    [MethodImpl(Inline)]
    private static Vector512<float> Of(Activation activation, Vector512<float> x) => activation switch
    {
        Activation.Silu => x / (One + VectorMath.Exp(-x)),
        Activation.Gelu => Vector512.Create(0.5f) * x * (One + Erf(x * Vector512.Create(0.70710678f))),
        Activation.GeluTanh => Vector512.Create(0.5f) * x
            * (One + Tanh(Vector512.Create(0.79788456f) * Vector512.FusedMultiplyAdd(Vector512.Create(0.044715f) * x * x, x, x))),
        Activation.QuickGelu => x / (One + VectorMath.Exp(Vector512.Create(-1.702f) * x)),
        Activation.Softplus => Softplus(x),
        _ => Vector512.Max(x, Vector512<float>.Zero),
    };

    [MethodImpl(Inline)]
    private static Vector512<float> Softplus(Vector512<float> x)
    {
        Vector512<float> u = VectorMath.Exp(-Vector512.Abs(x)), s = u / (Vector512.Create(2f) + u), z = s * s, p = Vector512.Create(1f / 15);
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 13));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 11));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 9));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 7));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 5));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1f / 3));
        Vector512<float> twice = Vector512.Create(2f) * s, value = Vector512.Max(x, Vector512<float>.Zero) + Vector512.FusedMultiplyAdd(twice, p * z, twice);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(20f)), x, value);
    }

    [MethodImpl(Inline)]
    private static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> t = Vector512.Abs(x), z = x * x, p = Vector512.Create(-0.006096714176237583f);
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(0.020997179672122f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(-0.05385090783238411f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(0.1333276927471161f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(-0.333333283662796f));
        p = Vector512.FusedMultiplyAdd(x * z, p, x);
        Vector512<float> far = One - Vector512.Create(2f) / (VectorMath.Exp(Vector512.Create(2f) * t) + One);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(t, Vector512.Create(0.625f)), Vector512.CopySign(far, x), p);
    }

    [MethodImpl(Inline)]
    private static Vector512<float> Erf(Vector512<float> x)
    {
        Vector512<float> size = Vector512.Abs(x), t = Vector512.Min(size, Vector512.Create(3.95f)), z = x * x;
        Vector512<float> far = Vector512.Create(-1.020014678942971e-06f), near = Vector512.Create(-0.000597772712353617f);
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(3.3971235097851604e-05f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(-0.0004960768856108189f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(0.004294202663004398f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(-0.02512056566774845f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(0.10783451050519943f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(0.6341602802276611f));
        far = Vector512.FusedMultiplyAdd(far, t, Vector512.Create(0.12890009582042694f));
        far = One - VectorMath.Exp(-Vector512.FusedMultiplyAdd(far, t, t));
        near = Vector512.FusedMultiplyAdd(near, z, Vector512.Create(0.004990933928638697f));
        near = Vector512.FusedMultiplyAdd(near, z, Vector512.Create(-0.026765361428260803f));
        near = Vector512.FusedMultiplyAdd(near, z, Vector512.Create(0.1128179132938385f));
        near = Vector512.FusedMultiplyAdd(near, z, Vector512.Create(-0.37612491846084595f));
        near = Vector512.FusedMultiplyAdd(near, z, Vector512.Create(0.12837915122509003f));
        near = Vector512.FusedMultiplyAdd(near, x, x);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(size, Vector512.Create(0.9277f)), Vector512.CopySign(far, x), near);
    }
}
