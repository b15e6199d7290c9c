using System.Diagnostics;
using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>Ctrl-C ends a run cleanly, and the same command goes on where it stopped.</summary>
[Trait("Speed", "Slow")]
public class InterruptTests
{
    [SkippableFact]
    public async Task Interrupted_a_run_ends_with_130_and_keeps_its_answers()
    {
        Skip.If(OperatingSystem.IsWindows(), "sends SIGINT by kill");
        Skip.If(IsInterruptIgnored(), "SIGINT is ignored by whoever started this process, and children inherit that");
        using var folder = new TestFolder();
        using Process run = Start(folder);
        Task<string> error = run.StandardError.ReadToEndAsync();
        while (!run.HasExited && !(Directory.Exists(folder["out/cache"]) && Directory.GetFiles(folder["out/cache"], "*.jsonl", SearchOption.AllDirectories).Length > 0))
            await Task.Delay(20);
        using (Process kill = Process.Start("kill", ["-INT", $"{run.Id}"]))
            await kill.WaitForExitAsync();
        await run.WaitForExitAsync();
        Assert.Equal((ExitCode.Cancelled, true), (run.ExitCode, (await error).Contains("goes on where it stopped")));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.partial", SearchOption.AllDirectories));
    }

    // A shell that starts a command in the background makes it ignore SIGINT: bit 1 of the mask.
    private static bool IsInterruptIgnored() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
        && (Convert.ToUInt64(ignored[7..].Trim(), 16) & 2) != 0;

    private static Process Start(TestFolder folder)
    {
        string cli = Path.Combine(AppContext.BaseDirectory, "QuantSuite.Cli.dll");
        string[] command = ["run", "--model", "microworld-m", "--recipe", "fp32", "--artifacts", folder["out"], "--baselines", folder["baselines"]];
        return Process.Start(new ProcessStartInfo("dotnet", [cli, .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
