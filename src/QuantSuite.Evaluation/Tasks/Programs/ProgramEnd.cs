namespace QuantSuite.Evaluation.Tasks.Programs;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 where it ran through; negative or above 128 where a signal ended it.</param>
/// <param name="TimedOut">Whether it was killed because its time was over.</param>
/// <param name="Error">The end of what it wrote to the standard error.</param>
public sealed record ProgramEnd(int ExitCode, bool TimedOut, string Error)
{
    /// <summary>Whether it ran through to the end.</summary>
    public bool Passed => ExitCode == 0 && !TimedOut;
}
