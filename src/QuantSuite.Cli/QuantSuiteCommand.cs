using System.CommandLine;
using System.CommandLine.Help;
using QuantSuite.Cli.Verbs;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models.Chat;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Tokenization;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Cli;

/// <summary>The command line: its verbs, and how an exception becomes a message and an <see cref="ExitCode"/>.</summary>
public static class QuantSuiteCommand
{
    /// <summary>The verbs, in the order of the help text.</summary>
    public static IReadOnlyList<Verb> Verbs =>
    [
        new RunVerb(), new AcceptVerb(), new CompareVerb(), new PowerVerb(), new LintVerb(), new CalibrateNoiseVerb(), new DivergenceVerb(),
        new ReportVerb(), new ListVerb(), new FetchVerb(), new JudgeVerb(), new InspectVerb(), new QuantizeVerb(),
        new ProbeVerb(), new BlameVerb(), new StatisticsVerb(), new CacheVerb(), new ScoreVerb(), new LogitsVerb(),
    ];

    internal static IReadOnlyList<string> FirstSteps { get; } =
    [
        "run --filter \"Model=microworld-m&Bits=4\"",
        "accept --filter \"Model=microworld-m&Task=arithmetic\"",
        "list recipes",
        "inspect evals/models/microworld-m",
    ];

    /// <summary>Runs one command line.</summary>
    /// <param name="output">Takes results.</param>
    /// <param name="error">Takes progress and complaints.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        ParseResult parsed = Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            foreach (var problem in parsed.Errors)
                error.WriteLine($"quantsuite: {problem.Message}");
            error.WriteLine("'quantsuite --help' and 'quantsuite <verb> --help' show what there is.");
            return ExitCode.BadInput;
        }
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        };
        return await Guarded(() => parsed.InvokeAsync(configuration, cancellation), error);
    }

    /// <summary>Reads a command line without running it.</summary>
    public static ParseResult Parse(IReadOnlyList<string> arguments) => Create().Parse(arguments);

    // A RootCommand would be named after the assembly.
    private static Command Create()
    {
        var help = new HelpOption { Recursive = true };
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        var root = new Command("quantsuite", "Regression tests for quantized language models: models × recipes × tasks, compared item by item with approved baselines.") { help, new VersionOption() };
        foreach (Verb verb in Verbs)
            root.Add(verb);
        return root;
    }

    private static async Task<int> Guarded(Func<Task<int>> invoke, TextWriter error)
    {
        try
        {
            return await invoke();
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("quantsuite: stopped; the same command goes on where it stopped.");
            return ExitCode.Cancelled;
        }
        catch (Exception exception) when (IsBadInput(exception))
        {
            error.WriteLine($"quantsuite: {exception.Message}");
            return ExitCode.BadInput;
        }
        catch (Exception exception)
        {
            error.WriteLine($"quantsuite: a fault of the suite itself: {exception}");
            return ExitCode.InternalError;
        }
    }

    // IOException and its like: a path that cannot be read or written, a full disk. Their messages name the path.
    private static bool IsBadInput(Exception exception) =>
        exception is SettingsException or RecipeException or CalibrationException or CheckpointException or TokenizerException or EvalDataException or NothingLeftException
            or FetchException or ChatTemplateException or InvalidDataException or IOException or UnauthorizedAccessException;
}
