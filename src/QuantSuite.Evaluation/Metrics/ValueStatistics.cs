using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Moments, norms and quantiles of a list of numbers as numpy and scipy have them, in two passes in double. For tensors that come in pieces the quantization
/// statistics have a streaming form. NaN where a moment is 0/0: the shape of constant values is unknown, not normal.
/// </summary>
public sealed class ValueStatistics
{
    private readonly double[] _sorted;
    private readonly double _second, _third, _fourth;

    /// <summary>The statistics of at least one value.</summary>
    public ValueStatistics(IReadOnlyList<double> values)
    {
        _sorted = [.. values];
        Array.Sort(_sorted);
        Count = values.Count;
        Mean = values.Sum() / Count;
        foreach (double value in values)
        {
            double distance = value - Mean, square = distance * distance;
            _second += square / Count;
            _third += square * distance / Count;
            _fourth += square * square / Count;
            SumOfMagnitudes += Math.Abs(value);
            Norm += value * value;
            Largest = Math.Max(Largest, Math.Abs(value));
        }
        Norm = Math.Sqrt(Norm);
    }

    /// <summary>Values.</summary>
    public int Count { get; }

    /// <summary>μ.</summary>
    public double Mean { get; }

    /// <summary>max |x|.</summary>
    public double Largest { get; }

    /// <summary>Σ |x|.</summary>
    public double SumOfMagnitudes { get; }

    /// <summary>√(Σ x²).</summary>
    public double Norm { get; }

    /// <summary>√(Σ x²/n).</summary>
    public double RootMeanSquare => Norm / Math.Sqrt(Count);

    /// <summary>√(Σ (x − μ)²/n).</summary>
    public double Deviation => Math.Sqrt(_second);

    /// <summary>√(Σ (x − μ)²/(n − 1)); NaN for one value.</summary>
    public double SampleDeviation => Count < 2 ? double.NaN : Math.Sqrt(_second * Count / (Count - 1.0));

    /// <summary>m₃/m₂^1.5.</summary>
    public double Skewness => IsConstant ? double.NaN : _third / Math.Pow(_second, 1.5);

    /// <summary>m₄/m₂², 3 for a normal distribution.</summary>
    public double Kurtosis => IsConstant ? double.NaN : _fourth / (_second * _second);

    /// <summary>The excess over 3, corrected for the sample: (n − 1)/((n − 2)(n − 3))·((n + 1)·(m₄/m₂² − 3) + 6); plain below four values.</summary>
    public double UnbiasedExcessKurtosis =>
        Count < 4 ? Kurtosis - 3 : (Count - 1.0) / ((Count - 2.0) * (Count - 3.0)) * ((Count + 1.0) * (Kurtosis - 3) + 6);

    /// <summary>A quantile with linear interpolation.</summary>
    public double Quantile(double p) => Bootstrap.Quantile(_sorted, p);

    private bool IsConstant => _sorted[0] == _sorted[^1];
}
