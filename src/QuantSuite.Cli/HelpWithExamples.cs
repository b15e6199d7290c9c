using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace QuantSuite.Cli;

/// <summary>The usual help text, then the verb's examples and the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        IReadOnlyList<string> examples = command is Verb verb ? verb.Examples : QuantSuiteCommand.FirstSteps;
        output.WriteLine("Examples:");
        foreach (string example in examples)
            output.WriteLine($"  quantsuite {example}");
        output.WriteLine();
        output.WriteLine(ExitCode.Legend);
        return ExitCode.Done;
    }
}
