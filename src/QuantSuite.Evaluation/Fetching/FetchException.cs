namespace QuantSuite.Evaluation.Fetching;

/// <summary>A file could not be fetched, or is not the one that was published. The message says which, from where, and what to do.</summary>
/// <param name="message">What, got, expected, remedy.</param>
/// <param name="cause">The cause, where there is one.</param>
public sealed class FetchException(string message, Exception? cause = null) : Exception(message, cause);
