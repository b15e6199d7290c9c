using DiffEngine;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// Opens a person's own diff tool on received and verified, by DiffEngine. Quiet on a build server (<c>CI</c>, or one that DiffEngine knows), where
/// <c>DiffEngine_Disabled=true</c>, and on Linux without a display. At most five windows (DiffEngine's own limit).
/// </summary>
public static class DiffTool
{
    /// <summary>Opens the diff where there is a person to see it; never throws, because the verdict is already told in words.</summary>
    public static void Show(string received, string verified)
    {
        if (!IsWatched(Environment.GetEnvironmentVariable, OperatingSystem.IsLinux()) || DiffRunner.Disabled)
            return;
        try
        {
            DiffRunner.Launch(received, verified);
        }
        catch (Exception)
        {
            // A tool that does not start is not worth a failed run.
        }
    }

    /// <summary>Whether a person may be watching, by the environment's variables.</summary>
    internal static bool IsWatched(Func<string, string?> variable, bool linux)
    {
        bool buildServer = variable("CI") is { Length: > 0 } value && value != "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);
        bool display = !linux || variable("DISPLAY") is { Length: > 0 } || variable("WAYLAND_DISPLAY") is { Length: > 0 };
        return display && !buildServer;
    }
}
