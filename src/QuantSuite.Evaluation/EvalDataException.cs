namespace QuantSuite.Evaluation;

/// <summary>Data of a task is absent or broken. The message says which file and line, what was expected, and what to do.</summary>
public sealed class EvalDataException : Exception
{
    /// <summary>A message of what, got, expected, remedy.</summary>
    public EvalDataException(string message)
        : base(message)
    {
    }

    /// <summary>The same, with its cause.</summary>
    public EvalDataException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>A broken line of a file.</summary>
    public static EvalDataException AtLine(string path, int line, string problem) => new($"{path}({line}): {problem}");
}
