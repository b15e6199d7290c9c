using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Judging;
using QuantSuite.Evaluation.Rows;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>judge</c>: rates a result's written answers (mt_bench), by a model behind an endpoint that the user names, or against another run's answers.</summary>
public sealed class JudgeVerb : Verb
{
    private readonly Argument<string> file = new("result") { Description = "A result of mt_bench: artifacts/results/<model>/mt_bench/<recipe>.json." };
    private readonly Option<string?> against = new("--against") { Description = "The result to agree with, where no endpoint is named. Default: fp32.json beside it." };
    private readonly Option<string?> endpoint = new("--endpoint") { Description = "An OpenAI-style endpoint, e.g. http://localhost:8000/v1." };
    private readonly Option<string?> judge = new("--judge") { Description = "The judge's model name there." };
    private readonly Option<string> key = new("--key-variable") { Description = "The environment variable that holds the endpoint's key.", DefaultValueFactory = _ => "OPENAI_API_KEY" };
    private readonly Option<string[]> data = new("--data", "-d") { Description = "The folder of benchmark data with the judge's prompts.", AllowMultipleArgumentsPerToken = true };

    /// <summary>The verb.</summary>
    public JudgeVerb()
        : base("judge", "Rate written answers: by a judge model that you name, or by agreement with full precision's.",
            "judge artifacts/results/my-model/mt_bench/rtn-int4-g128.json", "judge artifacts/results/my-model/mt_bench/fp32.json --endpoint http://localhost:8000/v1 --judge gpt-4")
    {
        Add(file);
        foreach (Option option in (Option[])[against, endpoint, judge, key, data])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(file);
        EvalResult result = EvalResultFile.Read(path);
        return arguments.GetValue(endpoint) is { } address ? Rate(result, path, new Uri(address), arguments, terminal, cancellation) : Agree(result, path, arguments, terminal);
    }

    private int Agree(EvalResult result, string path, ParseResult arguments, Terminal terminal)
    {
        string other = arguments.GetValue(against) ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "fp32.json");
        terminal.WriteTable(["Category", ">Turns", ">Equal", ">ROUGE-L", ">chrF"], DialogueJudge.Agree(result, EvalResultFile.Read(other)).Select(line => (string[])
            [line.Category, Text(line.TurnCount, "0"), Text(line.Equal, "0.000"), Text(line.RougeL, "0.000"), Text(line.Chrf, "0.0")]));
        return ExitCode.Done;
    }

    private int Rate(EvalResult result, string path, Uri address, ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string name = arguments.GetValue(judge) ?? throw new SettingsException("--endpoint needs --judge, the name of the model that judges there.");
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        if (Environment.GetEnvironmentVariable(arguments.GetRequiredValue(key)) is { Length: > 0 } secret)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        var prompts = new JudgePrompts(new EvalData(arguments.GetValue(data) is { Length: > 0 } named ? named : EvalSettings.FromEnvironment().DataFolders));
        string judgments = Path.ChangeExtension(path, $".judgments-{string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'))}.jsonl");
        var patience = HttpPatience.Default with { Silence = TimeSpan.FromMinutes(5) };
        IReadOnlyList<Judgment> rated = DialogueJudge.RateAsync(
            result, prompts, new JudgeEndpoint(http, address, name, patience), judgments, count => terminal.Progress($"{count} turns judged"), cancellation).GetAwaiter().GetResult();
        IEnumerable<(string Name, List<Judgment> Judgments)> groups =
        [
            .. rated.GroupBy(judgment => judgment.Category).Select(group => (group.Key, group.ToList())),
            .. rated.GroupBy(judgment => judgment.Turn).Select(group => ($"turn {group.Key}", group.ToList())),
            ("all", [.. rated]),
        ];
        terminal.WriteTable(["Category", ">Turns", ">Rating", ">Unrated"], groups.Select(group => (string[])
        [
            group.Name, Text(group.Judgments.Count, "0"), Text(group.Judgments.Average(judgment => judgment.Rating) ?? double.NaN, "0.00"),
            Text(group.Judgments.Count(judgment => judgment.Rating is null), "0"),
        ]));
        terminal.Say($"judgments: {judgments}");
        return ExitCode.Done;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
