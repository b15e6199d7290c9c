namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// ln Γ, the regularized incomplete beta and gamma functions in double: what the tails of Student's t, χ² and the binomial are made of. Continued
/// fractions by Lentz's method (Press et al., Numerical Recipes, §6.2 and §6.4), ln Γ by Stirling's series after a shift to x ≥ 10 (Abramowitz and Stegun
/// 6.1.40). Relative error about 1e-14, less in far tails of large parameters.
/// </summary>
public static class SpecialFunctions
{
    private const double Tiny = 1e-300;
    private const double Epsilon = 1e-16;
    private const int MostSteps = 100_000;

    /// <summary>ln Γ(x), x &gt; 0.</summary>
    public static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 10; x++)
            shift -= Math.Log(x);
        double r = 1 / (x * x);
        double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r * (1.0 / 1188 - r * (691.0 / 360360 - r / 156)))))) / x;
        return shift + (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series;
    }

    /// <summary>I_x(a, b), 0 ≤ x ≤ 1.</summary>
    public static double IncompleteBeta(double a, double b, double x)
    {
        if (!(x > 0))
            return x == 0 ? 0 : double.NaN;
        if (x >= 1)
            return 1;
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * LogOneLess(x));
        return x < (a + 1) / (a + b + 2) ? front * BetaFraction(a, b, x) / a : 1 - front * BetaFraction(b, a, 1 - x) / b;
    }

    /// <summary>Q(a, x) = Γ(a, x)/Γ(a), the upper tail.</summary>
    public static double UpperGamma(double a, double x)
    {
        if (!(x > 0))
            return x == 0 ? 1 : double.NaN;
        double front = Math.Exp(-x + a * Math.Log(x) - LogGamma(a));
        return x < a + 1 ? 1 - front * GammaSeries(a, x) : front * GammaFraction(a, x);
    }

    /// <summary>P(X &gt; x) for X χ²-distributed with <paramref name="degrees"/> degrees of freedom.</summary>
    public static double ChiSquareUpperTail(double x, double degrees) => UpperGamma(degrees / 2, x / 2);

    /// <summary>P(|T| &gt; |t|) for Student's t with <paramref name="degrees"/> degrees of freedom.</summary>
    public static double StudentTwoSided(double t, double degrees) => double.IsInfinity(t) ? 0 : IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t));

    // ln(1 − x), accurate for small x.
    private static double LogOneLess(double x)
    {
        double y = 1 - x;
        return y == 1 ? -x : Math.Log(y) * -x / (y - 1);
    }

    private static double BetaFraction(double a, double b, double x)
    {
        double c = 1, d = Inverse(1 - (a + b) * x / (a + 1)), value = d;
        for (int m = 1; m < MostSteps; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = Inverse(1 + even * d);
            c = Nonzero(1 + even / c);
            value *= d * c;
            d = Inverse(1 + odd * d);
            c = Nonzero(1 + odd / c);
            value *= d * c;
            if (Math.Abs(d * c - 1) < Epsilon)
                break;
        }
        return value;
    }

    private static double GammaSeries(double a, double x)
    {
        double term = 1 / a, sum = term;
        for (int n = 1; n < MostSteps && Math.Abs(term) > Epsilon * sum; n++)
            sum += term *= x / (a + n);
        return sum;
    }

    private static double GammaFraction(double a, double x)
    {
        double b = x + 1 - a, c = 1 / Tiny, d = Inverse(b), value = d;
        for (int n = 1; n < MostSteps; n++)
        {
            double factor = -n * (n - a);
            b += 2;
            d = Inverse(factor * d + b);
            c = Nonzero(b + factor / c);
            value *= d * c;
            if (Math.Abs(d * c - 1) < Epsilon)
                break;
        }
        return value;
    }

    private static double Nonzero(double x) => Math.Abs(x) < Tiny ? Tiny : x;

    private static double Inverse(double x) => 1 / Nonzero(x);
}
