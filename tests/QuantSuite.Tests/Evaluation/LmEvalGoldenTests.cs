using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks.Benchmarks;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>
/// SmolLM2 on real benchmarks, item by item, against lm-evaluation-harness. By default the first items of each task; QUANTSUITE_FULL=1 runs all, and
/// compares means and standard errors besides.
/// </summary>
[Collection("SmolLM2")]
[Trait("Speed", "Slow")]
public sealed class LmEvalGoldenTests(SmolLm2 smolLm2)
{
    private const double Tolerance = 2e-3;
    private static readonly bool Full = Environment.GetEnvironmentVariable("QUANTSUITE_FULL") == "1";

    public static TheoryData<string> Tasks => Goldens.Cases("lm-eval", "*.jsonl");

    [SkippableTheory]
    [MemberData(nameof(Tasks))]
    public void Every_item_is_answered_as_by_lm_eval(string file)
    {
        LmEvalGolden golden = LmEvalGolden.Load(file);
        var pairs = golden.Pairs.Take(Full ? int.MaxValue : Cap(golden.Task)).ToList();
        EvalItem[] items = [.. pairs.Select(pair => Limited(pair.Item, pair.Expected))];
        IReadOnlyList<ItemOutcome> outcomes = golden.Task.Run(smolLm2.Model, items);
        foreach ((ItemOutcome outcome, (_, JsonElement expected)) in outcomes.Zip(pairs))
            Compare(golden, outcome, expected);
        if (Full)
            golden.CompareSummary(golden.Task.Summarize(outcomes), 1e-3);
    }

    // The goldens were generated with limits of their own; where they name none, it is the harness's 256.
    private static EvalItem Limited(EvalItem item, JsonElement expected) =>
        item is GenerationItem text && expected.TryGetProperty("max_gen_toks", out JsonElement limit)
            ? text with { Request = text.Request with { MaxTokens = limit.ValueKind == JsonValueKind.Number ? limit.GetInt32() : 256 } }
            : item;

    // Few enough items that all tasks together take minutes.
    private static int Cap(EvalTask task) => task switch { Gsm8kTask or Gsm8kCotTask => 2, TriviaQaTask { Name: "triviaqa" } => 5, WikitextTask => 1, MmluTask { Name: "mmlu_5shot" } => 10, _ => 25 };

    private static void Compare(LmEvalGolden golden, ItemOutcome outcome, JsonElement expected)
    {
        if (expected.TryGetProperty("requests", out JsonElement requests))
            foreach ((JsonElement request, double got) in requests.EnumerateArray().Zip(outcome.LogLikelihoods))
                Close(request.GetProperty("loglikelihood").GetDouble(), got, Tolerance, outcome.Id);
        if (expected.TryGetProperty("response", out JsonElement response))
            Assert.Equal(response.GetString(), outcome.Answer);
        if (expected.TryGetProperty("page", out _))
        {
            Assert.Equal(expected.GetProperty("tokens").GetInt32(), outcome.Weight);
            Close(expected.GetProperty("loglikelihood").GetDouble(), outcome.Score, 1e-5 * outcome.Weight, outcome.Id);
        }
        else if (!golden.NearTies.Contains(outcome.Id))
            golden.CompareVerdicts(outcome, expected.GetProperty("metrics"));
    }

    private static void Close(double want, double got, double tolerance, string id) =>
        Assert.True(Math.Abs(want - got) <= tolerance, $"{id}: expected ln p {want}, got {got}, {Math.Abs(want - got):g3} apart, tolerance {tolerance:g3}");
}
