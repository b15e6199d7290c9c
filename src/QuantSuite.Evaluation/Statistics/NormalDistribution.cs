namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// The standard normal distribution in double, without tables of coefficients. Near the middle Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …), whose
/// terms are all of one sign (Marsaglia, "Evaluating the normal distribution", 2004); in the tails Laplace's continued fraction
/// φ(x)/(x + 1/(x + 2/(x + 3/(x + …)))). Relative error below 1e-14 in the tails too, absolute below 2e-16 in the middle.
/// </summary>
public static class NormalDistribution
{
    private const double TailStart = 2.5;
    private const int FractionDepth = 120;

    /// <summary>φ(x), the density.</summary>
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(x) = P(X ≤ x).</summary>
    public static double Cdf(double x) => UpperTail(-x);

    /// <summary>P(X > x), accurate where it is tiny.</summary>
    public static double UpperTail(double x)
    {
        if (x < -TailStart)
            return 1 - UpperTail(-x);
        return x > TailStart ? Density(x) * Mills(x) : 0.5 - Density(x) * Series(x);
    }

    /// <summary>x with Φ(x) = <paramref name="p"/>; ∓∞ at 0 and 1, NaN outside. Halley steps from Abramowitz and Stegun 26.2.23.</summary>
    public static double Quantile(double p) => p > 0.5 ? -FromLowerTail(1 - p) : FromLowerTail(p);

    /// <summary>x with P(X > x) = <paramref name="p"/>: the critical value of a one-sided test at level p.</summary>
    public static double Critical(double p) => -Quantile(p);

    private static double FromLowerTail(double p)
    {
        if (!(p > 0))
            return p == 0 ? double.NegativeInfinity : double.NaN;
        double t = Math.Sqrt(-2 * Math.Log(p));
        double x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
        for (int step = 0; step < 3; step++)
        {
            double newton = (Cdf(x) - p) / Density(x);
            x -= newton / (1 + x * newton / 2);
        }
        return x;
    }

    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int k = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); k += 2)
            sum += term *= x * x / k;
        return sum;
    }

    private static double Mills(double x)
    {
        double denominator = x;
        for (int k = FractionDepth; k > 0; k--)
            denominator = x + k / denominator;
        return 1 / denominator;
    }
}
