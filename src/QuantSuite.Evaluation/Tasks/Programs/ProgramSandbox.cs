using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace QuantSuite.Evaluation.Tasks.Programs;

/// <summary>
/// Runs Python programs that a model wrote, which may loop, fork, eat memory, write files or open connections. Linux only. Every program is a process
/// group in a folder of its own, without the environment of ours, under the kernel's limits on processor time, memory, file size and processes
/// (<c>prlimit</c>), and is killed as a whole when its time is over. Where the system allows it (tried once, by running an empty program), it also has no
/// network, no view of other processes, and ends with its first process (<c>unshare</c>: network, process and user namespaces), and for root it runs as
/// nobody (<c>setpriv</c>). This fences off accidents; against an adversary use a virtual machine.
/// </summary>
public sealed partial class ProgramSandbox
{
    /// <summary>The environment variable that names the tasks whose programs may run, separated by commas; nothing runs without it.</summary>
    public const string Variable = "QUANTSUITE_RUN_PROGRAMS";

    private const int ErrorLength = 2000, KillSignal = 9;
    private static readonly string[] Namespaces = ["unshare", "--net", "--pid", "--ipc", "--fork", "--kill-child", "--map-root-user", "--user"];
    private static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    private static readonly string[] WrittenNothing = ["setpriv", "--no-new-privs"];
    private static readonly Lazy<ProgramSandbox> Shared = new(() => new ProgramSandbox(new ProgramLimits()));

    private readonly ProgramLimits limits;
    private readonly IReadOnlyList<string> fence;

    /// <summary>Finds the strictest fence that the system allows.</summary>
    /// <exception cref="EvalDataException">There is no Python, or the system is not Linux.</exception>
    public ProgramSandbox(ProgramLimits limits)
    {
        this.limits = limits;
        IReadOnlyList<string>[] fences = [[.. Nobody, .. Namespaces], [.. WrittenNothing, .. Namespaces], Nobody, WrittenNothing, []];
        fence = (OperatingSystem.IsLinux() ? fences.FirstOrDefault(Works) : null) ?? throw new EvalDataException(
            "Programs that a model wrote cannot be run here: needed are Linux, python3, and setsid and prlimit of util-linux, on the PATH.");
    }

    /// <summary>One with the default limits, made when first used.</summary>
    public static ProgramSandbox Default => Shared.Value;

    /// <summary>Whether programs have no network.</summary>
    public bool IsOffline => fence.Contains("--net");

    /// <summary>Why a task's programs may not be run, and how to allow it; null where they may.</summary>
    public static string? RefusalOf(string task)
    {
        string[] allowed = (Environment.GetEnvironmentVariable(Variable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return allowed.Contains(task) ? null
            : $"Task {task} runs programs that the model writes. They are fenced in, but run on this machine; allow it by name with {Variable}={task}.";
    }

    /// <summary>Runs a program to its end, or to the end of its time.</summary>
    /// <param name="program">Python source.</param>
    public ProgramEnd Run(string program)
    {
        string folder = Directory.CreateTempSubdirectory("quantsuite-program-").FullName;
        try
        {
            if (OperatingSystem.IsLinux())
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111); // nobody writes here too
            string file = Path.Combine(folder, "program.py");
            File.WriteAllText(file, program, new UTF8Encoding(false, throwOnInvalidBytes: false));
            return Run(fence, ["python3", "-I", "-B", file], folder);
        }
        finally
        {
            Remove(folder);
        }
    }

    private bool Works(IReadOnlyList<string> candidate)
    {
        try
        {
            return Run(candidate, ["python3", "-I", "-c", "pass"], Path.GetTempPath()).Passed;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return false;
        }
    }

    private ProgramEnd Run(IReadOnlyList<string> walls, IReadOnlyList<string> command, string folder)
    {
        string[] arguments = [.. Limits(), .. walls, .. command];
        var start = new ProcessStartInfo("setsid", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["TMPDIR"] = folder;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("The program could not be started.");
        process.StandardInput.Close();
        var error = new StringBuilder();
        process.OutputDataReceived += static (_, _) => { }; // read, so that it is never full, and dropped
        process.ErrorDataReceived += (_, line) => Keep(error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool ended = process.WaitForExit(limits.Clock);
        Kill(process);
        process.WaitForExit(TimeSpan.FromSeconds(5));
        lock (error)
            return new ProgramEnd(process.HasExited ? process.ExitCode : -KillSignal, !ended, error.ToString());
    }

    // prlimit's own words; the core limit keeps a crash from filling the disk.
    private string[] Limits() =>
    [
        "prlimit", $"--cpu={Number(limits.ProcessorSeconds)}", $"--as={Number(limits.MemoryBytes)}", $"--fsize={Number(limits.FileBytes)}",
        $"--nproc={Number(limits.ProcessCount)}", "--nofile=64", "--core=0", "--",
    ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Keep(StringBuilder error, string? line)
    {
        lock (error)
        {
            error.AppendLine(line is null || line.Length <= ErrorLength ? line : line[..ErrorLength]);
            if (error.Length > ErrorLength)
                error.Remove(0, error.Length - ErrorLength);
        }
    }

    // setsid made the program the leader of a group; what forked away from it is killed with the group, or with its namespace's first process.
    private static void Kill(Process process)
    {
        _ = SendSignal(-process.Id, KillSignal);
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Files of nobody in a folder that it closed; they lie in the system's temporary folder and are its to clean.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
