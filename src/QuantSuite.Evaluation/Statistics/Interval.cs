namespace QuantSuite.Evaluation.Statistics;

/// <summary>Two limits; NaN where a method has no answer, infinite where the data bound nothing.</summary>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The interval of the same quantity counted the other way round.</summary>
    public static Interval operator -(Interval interval) => new(-interval.High, -interval.Low);

    /// <summary>The smallest interval that holds both.</summary>
    public Interval Union(Interval other) => new(Math.Min(Low, other.Low), Math.Max(High, other.High));
}
