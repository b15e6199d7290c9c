namespace QuantSuite.Quantization.Statistics;

/// <summary>
/// The statistics by which "Evaluating Quantized Large Language Models" (2402.18158) explains what quantizes badly, over values that come in pieces:
/// <code>
/// AbsMax   = max |x|
/// Std      = √(Σ (x − μ)² / n)
/// Kurtosis = n Σ (x − μ)⁴ / (Σ (x − μ)²)²      3 for a normal distribution; large where few values lie far out
/// </code>
/// Each piece is taken in two passes, and pieces are joined by the formulae of Pébay (SAND2008-6212), all in double.
/// </summary>
public sealed class Moments
{
    private double mean, second, third, fourth;

    /// <summary>Values so far.</summary>
    public long Count { get; private set; }

    /// <summary>max |x|; NaN where a value is.</summary>
    public double AbsMax { get; private set; }

    /// <summary>μ.</summary>
    public double Mean => Count == 0 ? double.NaN : mean;

    /// <summary>The population's standard deviation.</summary>
    public double Std => Math.Sqrt(second / Count);

    /// <summary>Not the excess over 3; NaN where all values are equal.</summary>
    public double Kurtosis => Count * fourth / (second * second);

    /// <summary>Takes values.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        if (values.Length > 0)
            Add(Of(values));
    }

    /// <summary>Takes the values of another.</summary>
    public void Add(Moments other)
    {
        if (other.Count == 0)
            return;
        double n = Count, m = other.Count, total = n + m, delta = other.mean - mean, share = delta / total;
        fourth += other.fourth + delta * share * share * share * n * m * (n * n - n * m + m * m) + 6 * share * share * (n * n * other.second + m * m * second)
            + 4 * share * (n * other.third - m * third);
        third += other.third + delta * share * share * n * m * (n - m) + 3 * share * (n * other.second - m * second);
        second += other.second + delta * share * n * m;
        mean += m * share;
        AbsMax = Math.Max(AbsMax, other.AbsMax);
        Count += other.Count;
    }

    private static Moments Of(ReadOnlySpan<float> values)
    {
        double sum = 0, absMax = 0;
        foreach (float value in values)
        {
            sum += value;
            absMax = Math.Max(absMax, Math.Abs(value));
        }
        var moments = new Moments { Count = values.Length, mean = sum / values.Length, AbsMax = absMax };
        foreach (float value in values)
        {
            double distance = value - moments.mean, square = distance * distance;
            moments.second += square;
            moments.third += square * distance;
            moments.fourth += square * square;
        }
        return moments;
    }
}
