using QuantSuite.Evaluation;
using QuantSuite.Models;
using QuantSuite.Models.Chat;
using QuantSuite.Tests.Evaluation.Benchmarks;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Options that change what a model is asked: a chat template, a limit on answers, and one on prompts.</summary>
public sealed class ShapedItemsTests : IDisposable
{
    private readonly BenchmarkFiles files = new();

    public ShapedItemsTests() => files.With("gsm8k/test.jsonl", """
        {"question": "One?", "answer": "#### 1"}
        {"question": "A longer question than the other one?", "answer": "#### 2"}
        """);

    public void Dispose() => files.Dispose();

    [Fact]
    public void Worked_examples_become_turns_of_a_chat()
    {
        (EvalResult result, List<GenerateRequest> asked) = Run(options => options with
        {
            Chat = ChatTemplate.Parse("{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"),
        });
        Assert.Contains(asked, request => request.Context ==
            "[user]Question: One?\nAnswer:[assistant]#### 1[user]Question: A longer question than the other one?\nAnswer:[assistant]#### 2[user]Question: One?\nAnswer:[assistant]");
        Assert.NotEmpty(result.Settings["chat"]);
    }

    [Fact]
    public void Choices_follow_the_assistant_s_turn_bare()
    {
        ChoiceItem item = ChoiceItem.Of("a", "Q", ["x", "y"], 0);
        var inChat = (ChoiceItem)item.InChat(messages => $"<{messages.Single().Content}>\n");
        Assert.Equal([new ScoreRequest("<Q>\n", "x"), new ScoreRequest("<Q>\n", "y")], inChat.Requests);
    }

    [Fact]
    public void Answers_and_prompts_are_limited_and_the_result_says_so()
    {
        (EvalResult result, List<GenerateRequest> asked) = Run(options => options with { MaxNewTokens = 7, Limit = 1 });
        Assert.Equal(7, asked.Single().MaxTokens);
        Assert.Equal("7", result.Settings["max_new_tokens"]);
        int shorter = asked.Single().Context.Length;
        (result, _) = Run(options => options with { MaxPromptTokens = shorter });
        Assert.Equal("gsm8k/0", Assert.Single(result.Items).Id);
        Assert.Contains("all 2 items have prompts of more than 1 tokens",
            Assert.Throws<NothingLeftException>(() => Run(options => options with { MaxPromptTokens = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_on_prompts_makes_windows_shorter()
    {
        var text = new TextItem { Id = "a", Request = new RollingRequest("text", WindowRule.LmEval) };
        WindowRule rule = ((TextItem)text.WithWindows(4)).Request.Rule;
        Assert.Equal(("lm-eval-4", true), (rule.Name, rule.Prefixed));
        Assert.Equal(WindowRule.LmEval.Cut(11, 4), rule.Cut(11, 2048));
        Assert.Equal(WindowRule.LmEval.Cut(11, 3), rule.Cut(11, 3));
        Assert.Equal(["lm-eval-2", "gptq-1024", "llama.cpp-512", "sliding-64-32"],
            [rule.AtMost(2).Name, WindowRule.Gptq(2048).AtMost(1024).Name, WindowRule.LlamaCpp(512).AtMost(1024).Name, WindowRule.Sliding(128, 32).AtMost(64).Name]);
        Assert.Equal(WindowRule.Gptq(1024).Cut(5000, 8192), WindowRule.Gptq(2048).AtMost(1024).Cut(5000, 8192));
    }

    private (EvalResult Result, List<GenerateRequest> Asked) Run(Func<EvalOptions, EvalOptions> change)
    {
        var asked = new List<GenerateRequest>();
        var model = new ScriptedModel
        {
            OnGenerate = request =>
            {
                asked.Add(request);
                return new GenerateAnswer("1", 1, 1);
            },
        };
        return (EvalRunner.Run(EvalTasks.Get("gsm8k"), model, change(new EvalOptions
        {
            Data = files.Data,
            Family = "none",
            Quantization = new QuantizationProof(32, 1, 0, 1),
            Environment = new RunEnvironment("", "", 1, "", "", "", "", DateTimeOffset.UnixEpoch),
        })), asked);
    }
}
