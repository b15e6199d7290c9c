namespace QuantSuite.Evaluation.Rows;

/// <summary>A setting that cannot be used; the message says what, got, expected, remedy.</summary>
public sealed class SettingsException(string message) : Exception(message);
