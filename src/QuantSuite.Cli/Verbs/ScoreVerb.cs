using System.CommandLine;
using System.Text;
using System.Text.Json;
using QuantSuite.Evaluation;

namespace QuantSuite.Cli.Verbs;

/// <summary>
/// <c>score</c>: a file of requests to a file of answers, line by line in the same order, so that anyone can check this engine against another.
/// The semantics are lm-evaluation-harness's <c>loglikelihood</c>, <c>loglikelihood_rolling</c> and <c>generate_until</c>.
/// </summary>
public sealed class ScoreVerb : Verb
{
    private readonly ModelOptions model = new();
    private readonly Option<string> requests = new("--requests") { Description = "JSONL: {\"context\",\"continuation\"}, {\"text\"}, or {\"context\",\"until\":[…],\"max_tokens\"} a line.", Required = true };
    private readonly Option<string?> output = new("--output", "-o") { Description = "JSONL, one answer a line. Default: the standard output." };

    /// <summary>The verb.</summary>
    public ScoreVerb()
        : base("score", "Answer a file of requests: log-likelihoods, rolling log-likelihoods, greedy texts. Special tokens in texts are recognized.",
            "score microworld-m --requests in.jsonl -o out.jsonl", "score ../shared/models/smollm2-135m-instruct --recipe rtn-int4-g128 --requests in.jsonl -o out.jsonl")
    {
        model.AddTo(this);
        Add(requests);
        Add(output);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        // The whole file is read before the model is loaded: a broken line costs no time.
        RequestFile asked = RequestFile.Read(arguments.GetRequiredValue(requests));
        return model.With(arguments, terminal, cancellation, loaded =>
        {
            object[] answers = asked.AnswerBy(loaded, done => terminal.Progress($"{done} of {asked.Count} answered"), cancellation);
            Write(answers, arguments.GetValue(output), terminal);
            return ExitCode.Done;
        });
    }

    private static void Write(object[] answers, string? path, Terminal terminal)
    {
        string lines = string.Concat(answers.Select(answer => JsonSerializer.Serialize(answer, RequestFile.Json) + "\n"));
        if (path is null)
            terminal.Out.Write(lines);
        else
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(lines));
    }
}
