using System.CommandLine;
using System.CommandLine.Parsing;

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
        Validators.Add(RefuseUnknownOptions);
        SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, new Terminal(arguments.InvocationConfiguration), cancellation), CancellationToken.None));
    }

    /// <summary>Command lines that show the verb at work.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does the work and returns an <see cref="ExitCode"/>.</summary>
    protected abstract int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation);

    // An option that takes several values would take a mistyped option for one more.
    private static void RefuseUnknownOptions(CommandResult result)
    {
        foreach (OptionResult option in result.Children.OfType<OptionResult>())
            foreach (Token token in option.Tokens)
                if (token.Value is ['-', not (>= '0' and <= '9'), ..])
                    result.AddError($"Unrecognized option '{token.Value}' after {option.Option.Name}.");
    }
}
