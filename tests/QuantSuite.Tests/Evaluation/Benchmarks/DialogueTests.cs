using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Judging;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>MT-bench: both turns are asked, answers are written, and a judge rates them, patiently and only once.</summary>
public sealed class DialogueTests : IDisposable
{
    private static readonly HttpPatience Hasty = new(4, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2));

    private readonly BenchmarkFiles files = new();
    private readonly TestFolder folder = new();
    private readonly LocalServer server = new();
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public DialogueTests() => files
        .With("mt_bench/mt_bench_question.jsonl", """
            {"question_id": 81, "category": "writing", "turns": ["Write {x}.", "Again."]}
            {"question_id": 111, "category": "math", "turns": ["1+1?", "And 2+2?"]}
            """)
        .With("mt_bench/judge_prompts.jsonl", string.Join('\n', new[] { "v1", "math-v1", "v1-multi-turn", "math-v1-multi-turn" }.Select(name => JsonSerializer.Serialize(new
        {
            name = "single-" + name,
            system_prompt = "Judge " + name,
            prompt_template = name.Contains("multi", StringComparison.Ordinal) ? "{question_1}|{answer_1}|{question_2}|{answer_2}" : name == "v1" ? "{question}|{answer}" : "{question}|{ref_answer_1}|{answer}",
        }))))
        .With("mt_bench/mt_bench_reference_answer_gpt-4.jsonl", """{"question_id": 111, "choices": [{"index": 0, "turns": ["Two.", "Four."]}]}""");

    public void Dispose()
    {
        http.Dispose();
        server.Dispose();
        folder.Dispose();
        files.Dispose();
    }

    [Fact]
    public void The_second_question_follows_the_first_answer()
    {
        var asked = new List<string>();
        var outcomes = files.Answer("mt_bench", request =>
        {
            asked.Add(request.Context);
            return request.Context.Contains("Again", StringComparison.Ordinal) ? " second" : " first\n";
        });
        Assert.EndsWith("polite answers to the human's questions.\n### Human: Write {x}.\n### Assistant:", asked.Single(text => text.EndsWith("Write {x}.\n### Assistant:", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains(asked, text => text.EndsWith("### Human: Write {x}.\n### Assistant: first\n### Human: Again.\n### Assistant:", StringComparison.Ordinal));
        Assert.Equal("first" + DialogueItem.TurnDivider + "second", outcomes[0].Answer);
        Assert.All(outcomes, outcome => Assert.Equal(1, outcome.Score));
    }

    [Fact]
    public void The_runner_counts_both_rounds_and_goes_on_from_its_cache()
    {
        EvalResult first = Run(null), again = Run(null);
        Assert.Equal(first.Items.Select(item => item.Answer), again.Items.Select(item => item.Answer));
        Assert.Equal(2, again.Cost.CachedItemCount);
        Assert.Equal(first.BitsHash, again.BitsHash);
    }

    [Fact]
    public async Task A_judge_is_asked_again_after_faults_and_never_twice_for_one_answer()
    {
        int count = 0;
        server.On("/v1/chat/completions", context =>
        {
            if (++count == 2)
                LocalServer.Send(context, [], 503);
            else if (count == 3)
                context.Response.Abort();
            else if (count != 4) // the fourth is never answered
                LocalServer.Send(context, JsonSerializer.SerializeToUtf8Bytes(new { choices = new[] { new { message = new { content = count == 1 ? "Fine. Rating: [[7]]" : "Rating: [[8.5]]" } } } }));
        });
        EvalResult result = Run(_ => "An answer with {question}.");
        var judge = new JudgeEndpoint(http, server.Address("/v1"), "judge", Hasty);
        IReadOnlyList<Judgment> judgments = await DialogueJudge.RateAsync(result, new JudgePrompts(files.Data), judge, folder["judgments.jsonl"]);
        Assert.Equal([7, 8.5, 8.5, 8.5], judgments.Select(judgment => judgment.Rating!.Value));
        int asked = server.Requests.Count;
        await File.AppendAllTextAsync(folder["judgments.jsonl"], "{\"torn");
        Assert.Equal(judgments, await DialogueJudge.RateAsync(result, new JudgePrompts(files.Data), judge, folder["judgments.jsonl"]));
        Assert.Equal(asked, server.Requests.Count);
    }

    [Fact]
    public async Task A_judge_that_is_not_there_is_named()
    {
        EvalResult result = Run(_ => "a");
        var judge = new JudgeEndpoint(http, server.Address("/v2"), "judge", Hasty);
        var error = await Assert.ThrowsAsync<FetchException>(() => DialogueJudge.RateAsync(result, new JudgePrompts(files.Data), judge, folder["judgments.jsonl"]));
        Assert.Contains("404", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prompts_to_the_judge_have_the_reference_where_the_category_asks_for_one()
    {
        var prompts = new JudgePrompts(files.Data);
        EvalResult result = Run(_ => "An {answer}.");
        Assert.Equal(("Judge v1", "Write {x}.|An {answer}."), prompts.Of(result.Items[0], 0));
        Assert.Equal(("Judge math-v1", "1+1?|Two.|An {answer}."), prompts.Of(result.Items[1], 0));
        Assert.Equal("Write {x}.|An {answer}.|Again.|An {answer}.", prompts.Of(result.Items[0], 1).Question);
    }

    [Theory]
    [InlineData("Rating: [[7]]", 7.0)]
    [InlineData("so [[6.5]] and [[9]]", 6.5)]
    [InlineData("rating [4]", 4.0)]
    [InlineData("no rating", null)]
    public void Ratings_are_read_as_FastChat_does(string text, double? rating) => Assert.Equal(rating, Judgment.RatingOf(text));

    [Fact]
    public void Without_a_judge_answers_are_held_against_full_precision_s()
    {
        EvalResult full = Run(_ => "The cat sat on the mat."), other = Run(request => request.Context.Contains("1+1", StringComparison.Ordinal) ? "The cat sat on the mat." : "A dog.");
        IReadOnlyList<Agreement> lines = DialogueJudge.Agree(other, full);
        Assert.Equal(["writing", "math", "all"], lines.Select(line => line.Category));
        Assert.Equal([0, 1, 0.5], lines.Select(line => line.Equal));
        Assert.Equal((4, 1.0, 100.0), (lines[^1].TurnCount, lines[1].RougeL, Math.Round(lines[1].Chrf, 9)));
    }

    private EvalResult Run(Func<GenerateRequest, string>? answer)
    {
        var model = new ScriptedModel { OnGenerate = request => new GenerateAnswer(answer is null ? "an answer" : answer(request), 1, 1) };
        return EvalRunner.Run(EvalTasks.Get("mt_bench"), model, new EvalOptions
        {
            Data = files.Data,
            Family = "none",
            Quantization = new QuantizationProof(32, 1, 0, 1),
            Environment = new RunEnvironment("", "", 1, "", "", "", "", DateTimeOffset.UnixEpoch),
            CacheFolder = answer is null ? folder["cache"] : null,
        });
    }
}
