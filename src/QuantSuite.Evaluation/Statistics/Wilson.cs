namespace QuantSuite.Evaluation.Statistics;

/// <summary>Wilson's score interval of one proportion (JASA 22, 1927).</summary>
public static class Wilson
{
    /// <summary>The proportions p with |x − np| ≤ z·√(np(1 − p)); [0, 1] without items.</summary>
    public static Interval Interval(int rightCount, int count, double z)
    {
        if (count == 0)
            return new Interval(0, 1);
        double n = count, p = rightCount / n, zz = z * z;
        double centre = (p + zz / (2 * n)) / (1 + zz / n);
        double half = z * Math.Sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n);
        return new Interval(rightCount == 0 ? 0 : centre - half, rightCount == count ? 1 : centre + half);
    }
}
