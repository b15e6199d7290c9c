using System.Reflection;
using System.Runtime.InteropServices;

namespace QuantSuite.Evaluation.Rows;

/// <summary>The machine and the build that run, for the record: none of it reaches a number.</summary>
public static class Host
{
    /// <summary>The environment of a run on these kernels.</summary>
    public static RunEnvironment Describe(string kernels, int threadCount)
    {
        // The SDK writes version+commit; a build outside of a repository has the version alone.
        string[] build = (typeof(Host).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+', 2);
        return new RunEnvironment(Processor(), kernels, threadCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
            build[0], build.Length > 1 ? build[1] : "", DateTimeOffset.UtcNow);
    }

    private static string Processor()
    {
        const string cpuinfo = "/proc/cpuinfo";
        string? name = File.Exists(cpuinfo) ? File.ReadLines(cpuinfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() : null;
        return name ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
