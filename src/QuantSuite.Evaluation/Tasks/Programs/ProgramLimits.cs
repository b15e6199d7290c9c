namespace QuantSuite.Evaluation.Tasks.Programs;

/// <summary>What a program may use.</summary>
public sealed record ProgramLimits
{
    /// <summary>Processor time; the kernel ends the program after it (RLIMIT_CPU).</summary>
    public int ProcessorSeconds { get; init; } = 5;

    /// <summary>Time on the clock; after it everything that the program started is killed.</summary>
    public TimeSpan Clock { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Address space of a process, bytes (RLIMIT_AS).</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>The largest file that it may write, bytes (RLIMIT_FSIZE).</summary>
    public long FileBytes { get; init; } = 1L << 20;

    /// <summary>Processes and threads of its user (RLIMIT_NPROC), where the sandbox can give it a user of its own.</summary>
    public int ProcessCount { get; init; } = 16;
}
