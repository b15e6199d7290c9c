namespace QuantSuite.Cli;

/// <summary>What the process returns; scripts may rely on it.</summary>
public static class ExitCode
{
    /// <summary>Done; every row passed.</summary>
    public const int Done = 0;

    /// <summary>At least one row failed, has no baseline, or was refused.</summary>
    public const int GateFailed = 1;

    /// <summary>The command line or a file from outside cannot be used; the message says why. Nothing was half-written.</summary>
    public const int BadInput = 2;

    /// <summary>A fault of the suite itself; the message has the stack trace.</summary>
    public const int InternalError = 3;

    /// <summary>Stopped by Ctrl-C or SIGTERM; the same command goes on where it stopped.</summary>
    public const int Cancelled = 130;

    /// <summary>The table of the help text.</summary>
    public const string Legend = """
        Exit codes:
          0    done; every row passed
          1    a row failed, has no baseline, or was refused
          2    the command line or a file from outside cannot be used
          3    a fault of the suite itself
          130  stopped by Ctrl-C; the same command goes on where it stopped
        """;
}
