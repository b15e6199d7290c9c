using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>
/// Prompts and scoring against lm-evaluation-harness, without a model: every prompt is compared byte by byte, then the harness's own
/// log-likelihoods and texts are judged, and every per-item metric, mean and standard error must be the harness's.
/// </summary>
public sealed class LmEvalPromptGoldenTests
{
    public static TheoryData<string> Tasks => Goldens.Cases("lm-eval", "*.jsonl");

    [SkippableTheory]
    [MemberData(nameof(Tasks))]
    public void Prompts_are_equal_byte_by_byte(string file)
    {
        foreach ((EvalItem item, JsonElement golden) in LmEvalGolden.Load(file).Pairs)
            switch (item)
            {
                case ChoiceItem choice:
                    var expected = golden.GetProperty("requests").EnumerateArray();
                    Assert.Equal(expected.Select(request => request.GetProperty("context").GetString()), choice.Requests.Select(request => request.Context));
                    Assert.Equal(expected.Select(request => request.GetProperty("continuation").GetString()), choice.Requests.Select(request => request.Continuation));
                    Assert.Equal(LmEvalGolden.Gold(golden), choice.Gold);
                    break;
                case GenerationItem generation:
                    Assert.Equal(golden.GetProperty("context").GetString(), generation.Request.Context);
                    Assert.Equal(golden.GetProperty("until").EnumerateArray().Select(s => s.GetString()!), generation.Request.Until);
                    AssertTarget(golden.GetProperty("target"), generation);
                    break;
                case TextItem text:
                    Assert.Equal(golden.GetProperty("text").GetString(), text.Request.Text);
                    Assert.Equal(golden.GetProperty("metrics").GetProperty("word_perplexity")[1].GetInt32(), text.WordCount);
                    Assert.Equal(golden.GetProperty("metrics").GetProperty("byte_perplexity")[1].GetInt32(), text.ByteCount);
                    break;
            }
    }

    // IFEval's target is a placeholder, 0: the answer is checked and not compared.
    private static void AssertTarget(JsonElement target, GenerationItem item)
    {
        if (target.ValueKind == JsonValueKind.Array)
            Assert.Equal(target.EnumerateArray().Select(alias => alias.GetString()), item.Aliases);
        else if (target.ValueKind == JsonValueKind.String)
            Assert.Equal(target.GetString(), item.Target);
        else
            Assert.Equal(0, target.GetInt32());
    }

    [SkippableTheory]
    [MemberData(nameof(Tasks))]
    public void Judging_the_harness_s_own_answers_gives_its_metrics(string file)
    {
        LmEvalGolden golden = LmEvalGolden.Load(file);
        IReadOnlyList<ItemOutcome> outcomes = golden.Task.Run(golden.Replay(), [.. golden.Pairs.Select(pair => pair.Item)]);
        foreach ((ItemOutcome outcome, (_, JsonElement expected)) in outcomes.Zip(golden.Pairs))
            golden.CompareItem(outcome, expected.GetProperty("metrics"));
        golden.CompareSummary(golden.Task.Summarize(outcomes), 1e-12);
    }
}
