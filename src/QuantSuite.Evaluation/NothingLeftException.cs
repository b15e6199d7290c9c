namespace QuantSuite.Evaluation;

/// <summary>A task has data, and the run's own limits leave none of it to ask: no fault, and nothing to judge. The message says which limit.</summary>
public sealed class NothingLeftException : Exception
{
    /// <summary>A message that names the task and the limit.</summary>
    public NothingLeftException(string message)
        : base(message)
    {
    }
}
