using System.Text.Json;
using QuantSuite.Cli;

namespace QuantSuite.Tests.Cli;

/// <summary>One command line, run in this process: exit code and what it wrote.</summary>
public sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static async Task<CommandRun> Of(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int exitCode = await QuantSuiteCommand.RunAsync(arguments, output, error);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}
