using System.Diagnostics;
using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>A disk that fills up while a run saves: a clear message, nothing half-written, and with room again the same command finishes.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TestFolder folder = new();
    private bool mounted;

    [SkippableFact]
    public async Task A_full_disk_is_named_and_the_same_command_goes_on_with_room()
    {
        Directory.CreateDirectory(folder["disk"]);
        mounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Mount("-t", "tmpfs", "-o", "size=32k", "tmpfs", folder["disk"]);
        Skip.IfNot(mounted, "a small disk can only be mounted by root");
        string[] command = ["run", "--model", "microworld-s", "--recipe", "fp32", "--filter", "Task=sentiment", "--artifacts", folder["disk"], "--baselines", folder["baselines"]];

        CommandRun full = await CommandRun.Of(command);
        Assert.Equal(ExitCode.BadInput, full.ExitCode);
        Assert.Contains(folder["disk"], full.Error);
        Assert.DoesNotContain("   at ", full.Error);
        Assert.Empty(Directory.GetFiles(folder["disk"], "*.json", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(folder["disk"], "*.partial", SearchOption.AllDirectories));

        Assert.True(Mount("-o", "remount,size=64m", folder["disk"]));
        CommandRun room = await CommandRun.Of(command);
        Assert.Equal(ExitCode.GateFailed, room.ExitCode); // no baseline yet
        Assert.Contains("no approved baseline", room.Error);
        Assert.NotEmpty(Directory.GetFiles(folder["disk"], "fp32.json", SearchOption.AllDirectories));
    }

    public void Dispose()
    {
        if (mounted)
            Command("umount", folder["disk"]);
        folder.Dispose();
    }

    private static bool Mount(params string[] arguments) => Command("mount", arguments);

    private static bool Command(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
