namespace QuantSuite.Numerics;

/// <summary>
/// exp, log, sin, cos and pow of our own, from IEEE additions, multiplications and fused multiply-adds in a fixed order: the platform's maths library differs
/// between operating systems and processors. Methods are the standard ones (Cody and Waite's reduction; Taylor and minimax polynomials).
/// </summary>
public static class ElementaryFunctions
{
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double Log2E = 1.44269504088896338700;

    /// <summary>
    /// eˣ in float32, within 1 ulp: n = rint(x·log₂e), r = x − n·ln 2 in two parts, a polynomial of degree 7 in r by Horner's rule, scaled by 2ⁿ in two exact
    /// steps so that subnormal results round once. Overflows to +∞ above 88.73, is +0 below −104; NaN stays NaN.
    /// </summary>
    public static float Exp(float x)
    {
        if (x > 88.73f)
            return float.PositiveInfinity;
        if (x < -104f)
            return 0;
        float n = MathF.Round(x * 1.44269504f);
        float r = MathF.FusedMultiplyAdd(n, -0.693145752f, x);
        r = MathF.FusedMultiplyAdd(n, -1.42860677e-6f, r);
        float p = MathF.FusedMultiplyAdd(1.98412698e-4f, r, 1.38888889e-3f);
        p = MathF.FusedMultiplyAdd(p, r, 8.33333333e-3f);
        p = MathF.FusedMultiplyAdd(p, r, 4.16666667e-2f);
        p = MathF.FusedMultiplyAdd(p, r, 1.66666667e-1f);
        p = MathF.FusedMultiplyAdd(p, r, 0.5f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        int exponent = float.IsNaN(n) ? 0 : (int)n;
        int half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>
    /// tanh x in float32, within 1.5 ulp: below 0.625 an odd polynomial of degree 11, above it 1 − 2 / (e^(2|x|) + 1) with the sign of x. The coefficients interpolate at Chebyshev's nodes.
    /// </summary>
    public static float Tanh(float x)
    {
        float t = MathF.Abs(x);
        if (t >= 0.625f)
            return MathF.CopySign(1 - 2 / (Exp(2 * t) + 1), x);
        float z = x * x, p = -0.006096714176237583f;
        p = MathF.FusedMultiplyAdd(p, z, 0.020997179672122f);
        p = MathF.FusedMultiplyAdd(p, z, -0.05385090783238411f);
        p = MathF.FusedMultiplyAdd(p, z, 0.1333276927471161f);
        p = MathF.FusedMultiplyAdd(p, z, -0.333333283662796f);
        return MathF.FusedMultiplyAdd(x * z, p, x);
    }

    /// <summary>
    /// erf x in float32, within 1.5 ulp: below 0.9277 an odd polynomial of degree 13, above it 1 − e^(−p(|x|)) with p = −ln erfc, a polynomial of degree 8, and ±1 from 3.95 on.
    /// </summary>
    public static float Erf(float x)
    {
        float t = MathF.Abs(x), p;
        if (t >= 0.9277f)
        {
            t = MathF.Min(t, 3.95f);
            p = -1.020014678942971e-06f;
            p = MathF.FusedMultiplyAdd(p, t, 3.3971235097851604e-05f);
            p = MathF.FusedMultiplyAdd(p, t, -0.0004960768856108189f);
            p = MathF.FusedMultiplyAdd(p, t, 0.004294202663004398f);
            p = MathF.FusedMultiplyAdd(p, t, -0.02512056566774845f);
            p = MathF.FusedMultiplyAdd(p, t, 0.10783451050519943f);
            p = MathF.FusedMultiplyAdd(p, t, 0.6341602802276611f);
            p = MathF.FusedMultiplyAdd(p, t, 0.12890009582042694f);
            p = MathF.FusedMultiplyAdd(p, t, t);
            return MathF.CopySign(1 - Exp(-p), x);
        }
        float z = x * x;
        p = -0.000597772712353617f;
        p = MathF.FusedMultiplyAdd(p, z, 0.004990933928638697f);
        p = MathF.FusedMultiplyAdd(p, z, -0.026765361428260803f);
        p = MathF.FusedMultiplyAdd(p, z, 0.1128179132938385f);
        p = MathF.FusedMultiplyAdd(p, z, -0.37612491846084595f);
        p = MathF.FusedMultiplyAdd(p, z, 0.12837915122509003f);
        return MathF.FusedMultiplyAdd(p, x, x);
    }

    /// <summary>An activation in float32, one rounding a step.</summary>
    public static float Activate(Activation activation, float x) => activation switch
    {
        Activation.Silu => x / (1 + Exp(-x)),
        Activation.Gelu => 0.5f * x * (1 + Erf(x * 0.70710678f)),
        Activation.GeluTanh => 0.5f * x * (1 + Tanh(0.79788456f * MathF.FusedMultiplyAdd(0.044715f * x * x, x, x))),
        Activation.QuickGelu => x / (1 + Exp(-1.702f * x)),
        Activation.Relu => MathF.Max(x, 0),
        Activation.Softplus => Softplus(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "There is no such activation."),
    };

    /// <summary>
    /// ln(1 + eˣ) in float32, within 2.5 ulp, x itself above 20: max(x, 0) + ln(1 + u) with u = e^(−|x|), s = u / (2 + u), ln(1 + u) = 2·atanh s by its series to s¹⁵.
    /// </summary>
    public static float Softplus(float x)
    {
        if (x > 20)
            return x;
        float u = Exp(-MathF.Abs(x)), s = u / (2 + u), z = s * s, p = 1f / 15;
        p = MathF.FusedMultiplyAdd(p, z, 1f / 13);
        p = MathF.FusedMultiplyAdd(p, z, 1f / 11);
        p = MathF.FusedMultiplyAdd(p, z, 1f / 9);
        p = MathF.FusedMultiplyAdd(p, z, 1f / 7);
        p = MathF.FusedMultiplyAdd(p, z, 1f / 5);
        p = MathF.FusedMultiplyAdd(p, z, 1f / 3);
        return MathF.Max(x, 0) + MathF.FusedMultiplyAdd(2 * s, p * z, 2 * s);
    }

    /// <summary>eˣ in double, within 1 ulp or so (Taylor to degree 13 on |r| ≤ ln 2 / 2).</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (x > 709.79)
            return double.PositiveInfinity;
        if (x < -745.2)
            return 0;
        double n = Math.Round(x * Log2E);
        double r = Math.FusedMultiplyAdd(n, -Ln2Low, Math.FusedMultiplyAdd(n, -Ln2High, x));
        double p = 1.0 / 6227020800.0;
        foreach (double factorial in (ReadOnlySpan<double>)[479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1])
            p = Math.FusedMultiplyAdd(p, r, 1.0 / factorial);
        return Math.ScaleB(p, (int)n);
    }

    /// <summary>ln x in double, within 1 ulp or so: x = 2ᵏ·m with m in [√½, √2), f = m − 1, s = f / (2 + f), ln m = 2·atanh(s) by its series.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0)
            return double.NaN;
        if (x == 0)
            return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x))
            return x;
        int k = Math.ILogB(x);
        double m = Math.ScaleB(x, -k);
        if (m > 1.41421356237309515)
        {
            m *= 0.5;
            k++;
        }
        double f = m - 1, s = f / (2 + f), z = s * s;
        double series = 0;
        for (int power = 21; power >= 3; power -= 2)
            series = Math.FusedMultiplyAdd(series, z, 1.0 / power);
        series *= z;
        // ln m = 2s(1 + series); 2s = f − s·f exactly enough for the last bit.
        double half = Math.FusedMultiplyAdd(2 * s, series, Math.FusedMultiplyAdd(-s, f, k * Ln2Low));
        return Math.FusedMultiplyAdd(k, Ln2High, f + half);
    }

    /// <summary>xʸ = e^(y·ln x) for x &gt; 0, relative error below 1e-13 for |y·ln x| ≤ 50 (enough for a correctly rounded float32 almost always).</summary>
    public static double Pow(double x, double y) => Exp(y * Log(x));

    /// <summary>sin x and cos x in double for |x| ≤ 2³⁰: reduction by π/2 in three parts, then Taylor to degree 17 on |r| ≤ π/4; absolute error below 1e-15.</summary>
    public static (double Sin, double Cos) SinCos(double x)
    {
        double n = Math.Round(x * 0.63661977236758134308);
        double r = Math.FusedMultiplyAdd(n, -1.57079632673412561417e+00, x);
        r = Math.FusedMultiplyAdd(n, -6.07710050630396597660e-11, r);
        r = Math.FusedMultiplyAdd(n, -2.02226624879595063154e-21, r);
        double z = r * r;
        double sin = Alternating(z, [17 * 16, 15 * 14, 13 * 12, 11 * 10, 9 * 8, 7 * 6, 5 * 4, 3 * 2]) * r;
        double cos = Alternating(z, [18 * 17, 16 * 15, 14 * 13, 12 * 11, 10 * 9, 8 * 7, 6 * 5, 4 * 3, 2 * 1]);
        return ((long)n & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    // 1 − z/d₁·(1 − z/d₂·(…)), innermost denominator first.
    private static double Alternating(double z, ReadOnlySpan<double> denominators)
    {
        double sum = 1;
        foreach (double denominator in denominators)
            sum = Math.FusedMultiplyAdd(-z / denominator, sum, 1);
        return sum;
    }

    private static float PowerOfTwo(int exponent) => BitConverter.Int32BitsToSingle((exponent + 127) << 23);
}
