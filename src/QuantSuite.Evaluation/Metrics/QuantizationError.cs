namespace QuantSuite.Evaluation.Metrics;

/// <summary>How far quantized values are from their reference, in the field's several words for it. NaN where a ratio is 0/0.</summary>
/// <param name="MeanSquared">Σ (x − y)²/n.</param>
/// <param name="SignalToNoise">SQNR, dB: 10·log₁₀(Σ x²/Σ (x − y)²); torchao's <c>compute_error</c>.</param>
/// <param name="Largest">max |x − y|.</param>
/// <param name="Relative">‖x − y‖/‖x‖.</param>
/// <param name="Cosine">x·y/(‖x‖·‖y‖).</param>
/// <param name="PeakSignalToNoise">10·log₁₀(max x²/mean squared error), dB.</param>
public readonly record struct QuantizationError(double MeanSquared, double SignalToNoise, double Largest, double Relative, double Cosine, double PeakSignalToNoise)
{
    /// <summary>Compares values with their reference.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static QuantizationError Of(IReadOnlyList<double> reference, IReadOnlyList<double> quantized)
    {
        if (reference.Count != quantized.Count)
            throw new ArgumentException($"{reference.Count} reference values and {quantized.Count} quantized ones; expected one of each.");
        double signal = 0, noise = 0, other = 0, product = 0, largest = 0, peak = 0;
        for (int i = 0; i < reference.Count; i++)
        {
            double x = reference[i], y = quantized[i], error = x - y;
            signal += x * x;
            noise += error * error;
            other += y * y;
            product += x * y;
            largest = Math.Max(largest, Math.Abs(error));
            peak = Math.Max(peak, Math.Abs(x));
        }
        double mean = noise / reference.Count;
        double relative = signal > 0 ? Math.Sqrt(noise) / Math.Sqrt(signal) : double.NaN;
        double cosine = signal > 0 && other > 0 ? product / (Math.Sqrt(signal) * Math.Sqrt(other)) : double.NaN;
        double peakRatio = mean == 0 ? double.PositiveInfinity : peak == 0 ? double.NaN : 10 * Math.Log10(peak * peak / mean);
        return new QuantizationError(mean, 10 * Math.Log10(signal / noise), largest, relative, cosine, peakRatio);
    }
}
