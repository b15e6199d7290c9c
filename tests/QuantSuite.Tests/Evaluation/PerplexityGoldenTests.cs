using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>
/// WikiText-2 perplexity of SmolLM2 by the conventions of llama.cpp and of GPTQ's scripts, window by window, against transformers. By default the
/// first windows; QUANTSUITE_FULL=1 runs all of the reference's.
/// </summary>
[Collection("SmolLM2")]
[Trait("Speed", "Slow")]
public sealed class PerplexityGoldenTests(SmolLm2 smolLm2)
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("QUANTSUITE_FULL") == "1";

    [SkippableTheory]
    [InlineData("wikitext2", "llama_cpp_style.json", "per_chunk", 6, 592)]
    [InlineData("wikitext2_gptq", "gptq_hf_rows_2048.json", "per_window", 2, 148)]
    public void Windows_and_perplexity_equal_the_reference(string name, string file, string list, int cap, int windowCount)
    {
        JsonElement golden = Goldens.Json(Path.Combine(Goldens.Folder("perplexity"), file));
        EvalTask task = EvalTasks.Get(name);
        IReadOnlyList<EvalItem> all = task.Fit(task.Load(new EvalData(Goldens.RequireShared("data"))), smolLm2.Model);
        Assert.Equal(windowCount, all.Count);
        JsonElement[] expected = [.. golden.GetProperty(list).EnumerateArray().Take(Full ? int.MaxValue : cap)];
        IReadOnlyList<ItemOutcome> outcomes = task.Run(smolLm2.Model, [.. all.Take(expected.Length)]);
        foreach ((ItemOutcome outcome, JsonElement window) in outcomes.Zip(expected))
        {
            Assert.Equal(window.GetProperty("n_scored").GetInt32(), outcome.Weight);
            Assert.Equal(window.GetProperty("nll_mean").GetDouble(), -outcome.Score / outcome.Weight, 1e-4);
        }
        Metric perplexity = task.Summarize(outcomes)[0];
        double running = expected[^1].GetProperty("running_ppl").GetDouble();
        Assert.Equal(running, perplexity.Value, 1e-4 * running);
        if (expected[^1].TryGetProperty("running_ppl_uncertainty", out JsonElement uncertainty))
            Assert.Equal(uncertainty.GetDouble(), perplexity.StandardError!.Value, 1e-3 * uncertainty.GetDouble());
    }

    [SkippableFact]
    public void Windows_asked_one_by_one_have_the_bits_of_windows_asked_at_once()
    {
        string text = File.ReadAllText(Path.Combine(Goldens.RequireShared("data"), "wikitext2/wiki.test.raw"))[..6000];
        var rule = WindowRule.LlamaCpp(256);
        RollingAnswer whole = Ask([new RollingRequest(text, rule)])[0];
        Assert.True(whole.Windows.Count > 3);
        RollingAnswer[] single = Ask([.. Enumerable.Range(0, whole.Windows.Count).Select(i => new RollingRequest(text, rule, Windows: i..(i + 1)))]);
        Assert.Equal(whole.Windows, single.SelectMany(answer => answer.Windows));
    }

    private RollingAnswer[] Ask(RollingRequest[] requests)
    {
        var answers = new RollingAnswer[requests.Length];
        smolLm2.Model.ScoreRolling(requests, (index, answer) => answers[index] = answer);
        return answers;
    }
}
