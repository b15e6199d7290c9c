using System.Diagnostics;

namespace QuantSuite.Tests.Evals;

/// <summary>The evaluations in a process of their own, as <c>dotnet test</c> runs them, on folders of their own.</summary>
public sealed class EvalsProcess(TestFolder folder)
{
    // bin/QuantSuite.Tests/debug and bin/QuantSuite.Evals/debug lie side by side; the copy beside the tests lacks what a test host needs.
    private static readonly string Own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    public static string Assembly { get; } = Path.GetFullPath(Path.Combine(Own, "..", "..", "QuantSuite.Evals", Path.GetFileName(Own), "QuantSuite.Evals.dll"));

    public string Baselines => folder["baselines"];

    public string Artifacts => folder["artifacts"];

    /// <summary>Starts <c>dotnet test QuantSuite.Evals.dll --filter …</c>.</summary>
    public Process Start(string filter, params (string Name, string Value)[] variables) => StartDotnet(["test", Assembly, "--filter", filter], variables);

    /// <summary>Runs <c>dotnet test evals/QuantSuite.Evals --no-build …</c>, through MSBuild, in the test's folder.</summary>
    public Task<(int ExitCode, string Output)> RunProject(params IEnumerable<string> arguments)
    {
        string project = Path.Combine(Goldens.RepositoryRoot, "evals", "QuantSuite.Evals"), artifacts = Path.GetFullPath(Path.Combine(Own, "..", "..", ".."));
        return ToEnd(StartDotnet(["test", project, "--no-build", $"-p:ArtifactsPath={artifacts}", "-c", Path.GetFileName(Own), .. arguments], []));
    }

    /// <summary>Runs to the end: exit code and everything written.</summary>
    public Task<(int ExitCode, string Output)> Run(string filter, params (string Name, string Value)[] variables) => ToEnd(Start(filter, variables));

    private Process StartDotnet(IEnumerable<string> arguments, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        foreach (string inherited in start.Environment.Keys.Where(name => name.StartsWith("QUANTSUITE_", StringComparison.Ordinal) && name != "QUANTSUITE_KERNELS").ToList())
            start.Environment.Remove(inherited);
        start.Environment["QUANTSUITE_BASELINES"] = Baselines;
        start.Environment["QUANTSUITE_ARTIFACTS"] = Artifacts;
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<(int ExitCode, string Output)> ToEnd(Process process)
    {
        using Process running = process;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
