namespace QuantSuite.Evaluation.Rows;

/// <summary>Calls back at once and on the same thread; <see cref="Progress{T}"/> would do so later, on another, and out of order.</summary>
public sealed class ImmediateProgress<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
