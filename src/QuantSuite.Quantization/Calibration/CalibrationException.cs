namespace QuantSuite.Quantization.Calibration;

/// <summary>Calibration text that is absent, too short, or makes a model produce what is no number.</summary>
public sealed class CalibrationException(string message) : Exception(message);
