namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// The fourfold table of two runs that answered the same items, right or wrong, and what follows from it about the difference of their two
/// proportions, (OnlyFirst − OnlySecond)/n. Items on which both agree carry no evidence of a difference, only of its size.
/// </summary>
/// <param name="BothRight">a: right in both runs.</param>
/// <param name="OnlyFirst">b: right in the first run only.</param>
/// <param name="OnlySecond">c: right in the second run only.</param>
/// <param name="BothWrong">d: wrong in both runs.</param>
public readonly record struct PairedOutcomes(int BothRight, int OnlyFirst, int OnlySecond, int BothWrong)
{
    private const int BisectionSteps = 200;

    /// <summary>n, all items.</summary>
    public int Count => BothRight + OnlyFirst + OnlySecond + BothWrong;

    /// <summary>Items that flipped, either way.</summary>
    public int FlipCount => OnlyFirst + OnlySecond;

    /// <summary>(b − c)/n; NaN without items.</summary>
    public double Difference => ((double)OnlyFirst - OnlySecond) / Count;

    /// <summary>
    /// Tango's score statistic for the hypothesis that the true difference is <paramref name="difference"/>:
    /// z(D) = (b − c − nD)/√(n·(2·p₂₁ + D(1 − D))), p₂₁ the larger root of 2n·x² − (b + c − (2n − b + c)·D)·x − c·D(1 − D) = 0, which is the
    /// restricted maximum likelihood estimate (Tango, Statistics in Medicine 17, 1998). At D = 0 it is McNemar's (b − c)/√(b + c).
    /// </summary>
    public double ScoreStatistic(double difference)
    {
        double n = Count, b = OnlyFirst, c = OnlySecond;
        double spread = difference * (1 - difference);
        double linear = b + c - (2 * n - b + c) * difference;
        double root = Math.Sqrt(linear * linear + 8 * n * c * spread);
        double p21 = linear >= 0 ? (linear + root) / (4 * n) : 2 * c * spread / (root - linear);
        double variance = n * (2 * p21 + spread);
        double excess = b - c - n * difference;
        return variance > 0 ? excess / Math.Sqrt(variance) : excess == 0 ? 0 : excess > 0 ? double.PositiveInfinity : double.NegativeInfinity;
    }

    /// <summary>
    /// Tango's interval: the differences that <see cref="ScoreStatistic"/> does not reject at ±<paramref name="z"/>. Keeps its coverage with few flips and
    /// few items, and does not collapse without any flip: then it is ±z²/(n + z²). Without items it is [−1, 1].
    /// </summary>
    public Interval Tango(double z)
    {
        if (Count == 0)
            return new Interval(-1, 1);
        return new Interval(ScoreLimit(z, -1, Difference), ScoreLimit(-z, Difference, 1));
    }

    /// <summary>
    /// Newcombe's method 10: Wilson's limits of both proportions, squared and added with their correlation φ, which takes a continuity correction when
    /// positive (Newcombe, Statistics in Medicine 17, 1998).
    /// </summary>
    public Interval Newcombe(double z)
    {
        if (Count == 0)
            return new Interval(-1, 1);
        double p1 = (double)(BothRight + OnlyFirst) / Count, p2 = (double)(BothRight + OnlySecond) / Count;
        Interval wilson1 = Wilson.Interval(BothRight + OnlyFirst, Count, z), wilson2 = Wilson.Interval(BothRight + OnlySecond, Count, z);
        double phi = CorrectedPhi();
        return new Interval(
            Difference - SquareAndAdd(p1 - wilson1.Low, wilson2.High - p2, phi),
            Difference + SquareAndAdd(wilson1.High - p1, p2 - wilson2.Low, phi));
    }

    /// <summary>McNemar's exact two-sided p, min(1, 2·P(X ≤ min(b, c))) for X binomial(b + c, ½).</summary>
    public double McNemarExact() => Math.Min(1, 2 * LowerTail(out _));

    /// <summary>McNemar's mid-p: the exact one without its cap, less P(X = min(b, c)); 1 where b = c (Fagerland, Lydersen and Laake, 2013).</summary>
    public double McNemarMidP() => OnlyFirst == OnlySecond ? 1 : 2 * LowerTail(out double last) - last;

    /// <summary>
    /// McNemar's exact one-sided p that the first run is worse: P(X ≥ c) for X binomial(b + c, ½). What the gate's <c>fail</c> rests on: its size never exceeds the level.
    /// </summary>
    public double LossP() => Binomial.UpperTail(OnlySecond, FlipCount, 0.5);

    /// <summary>McNemar's exact one-sided p that the first run is better.</summary>
    public double GainP() => Binomial.UpperTail(OnlyFirst, FlipCount, 0.5);

    /// <summary>McNemar's χ² = (b − c)²/(b + c), or with Edwards' correction (|b − c| − 1)²/(b + c); NaN without flips. One degree of freedom.</summary>
    public double ChiSquare(bool corrected = false)
    {
        double difference = Math.Abs((double)OnlyFirst - OnlySecond) - (corrected ? 1 : 0);
        return FlipCount == 0 ? double.NaN : difference * difference / FlipCount;
    }

    // z(D) falls as D grows: bisection finds where it crosses `target`.
    private double ScoreLimit(double target, double low, double high)
    {
        for (int step = 0; step < BisectionSteps; step++)
        {
            double middle = (low + high) / 2;
            if (middle <= low || middle >= high)
                break;
            if (ScoreStatistic(middle) > target)
                low = middle;
            else
                high = middle;
        }
        return target > 0 ? low : high;
    }

    private double CorrectedPhi()
    {
        double a = BothRight, b = OnlyFirst, c = OnlySecond, d = BothWrong;
        double margins = (a + b) * (c + d) * (a + c) * (b + d);
        if (margins == 0)
            return 0;
        double covariance = a * d - b * c;
        double corrected = covariance > 0 ? Math.Max(covariance - Count / 2.0, 0) : covariance;
        return corrected / Math.Sqrt(margins);
    }

    private static double SquareAndAdd(double first, double second, double phi) =>
        Math.Sqrt(Math.Max(0, first * first - 2 * phi * first * second + second * second));

    private double LowerTail(out double last)
    {
        int n = FlipCount, k = Math.Min(OnlyFirst, OnlySecond);
        double log = -n * Math.Log(2);
        for (int i = 1; i <= k; i++)
            log += Math.Log((n - i + 1.0) / i);
        double term = last = Math.Exp(log), sum = term;
        for (int i = k; i > 0 && term > 0; i--)
            sum += term *= i / (n - i + 1.0);
        return sum;
    }
}
