using System.CommandLine;

namespace QuantSuite.Cli;

/// <summary>One verb of the command line: a file of its own under Verbs/, and a line in <see cref="QuantSuiteCommand"/>.</summary>
public abstract class Verb : Command
{
    /// <summary>Names the verb.</summary>
    /// <param name="examples">Command lines for the help text, without the leading <c>quantsuite</c>.</param>
    protected Verb(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, new Terminal(arguments.InvocationConfiguration), cancellation), CancellationToken.None));
    }

    /// <summary>Command lines that show the verb at work.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does the work and returns an <see cref="ExitCode"/>.</summary>
    protected abstract int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation);
}
