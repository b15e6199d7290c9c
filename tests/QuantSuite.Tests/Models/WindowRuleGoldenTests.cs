using System.Text.Json;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>
/// WikiText-2 in each convention against transformers (../shared/goldens/perplexity). By default the first windows of each file; QUANTSUITE_FULL=1 takes all of them.
/// </summary>
[Collection("SmolLM2")]
[Trait("Speed", "Slow")]
public sealed class WindowRuleGoldenTests(SmolLm2 smolLm2)
{
    private static readonly int WindowLimit = Environment.GetEnvironmentVariable("QUANTSUITE_FULL") == "1" ? int.MaxValue : 2;

    public static TheoryData<string> Files() => Goldens.Cases("perplexity", "*.json");

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void WindowsEqualTransformers(string file)
    {
        JsonElement golden = Goldens.Json(Path.Combine(Goldens.Folder("perplexity"), file));
        Skip.If(file == "llama_cpp_engine.json", "made by llama.cpp, which quantizes activations: for information");
        Skip.IfNot(golden.TryGetProperty("convention", out _), "another kind of figure: methods and distributions are tested where they are built");
        (WindowRule rule, string windows) = golden.TryGetProperty("n_ctx", out JsonElement chunk) ? (WindowRule.LlamaCpp(chunk.GetInt32()), "per_chunk")
            : golden.TryGetProperty("seqlen", out JsonElement length) ? (WindowRule.Gptq(length.GetInt32()), "per_window")
            : (WindowRule.Sliding(golden.GetProperty("max_length").GetInt32(), golden.GetProperty("stride").GetInt32()), "per_window");
        JsonElement[] expected = [.. golden.GetProperty(windows).EnumerateArray().Take(WindowLimit)];
        WindowScore[] scores = Score(smolLm2.Model, Text(golden), rule, expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].GetProperty("n_scored").GetInt32(), scores[i].TokenCount);
            Assert.Equal(expected[i].GetProperty("nll_mean").GetDouble(), -scores[i].LogLikelihood / scores[i].TokenCount, 1e-4);
        }
        double running = rule.Name.StartsWith("gptq", StringComparison.Ordinal)
            ? Math.Exp(scores.Average(score => -score.LogLikelihood / score.TokenCount))
            : Math.Exp(-scores.Sum(score => score.LogLikelihood) / scores.Sum(score => score.TokenCount));
        double stated = expected[^1].GetProperty("running_ppl").GetDouble();
        Assert.Equal(stated, running, 1e-3 * stated);
    }

    private static WindowScore[] Score(DecoderModel model, string text, WindowRule rule, int windowCount)
    {
        // A prefix of the text with windows enough; the cut falls on a line's end, so its ids are those of the whole.
        int end = (int)Math.Min(text.Length, windowCount * 16384L);
        end = end == text.Length ? end : text.LastIndexOf('\n', end - 1);
        RollingAnswer? answer = null;
        model.ScoreRolling([new RollingRequest(text[..end], rule)], (_, value) => answer = value);
        return [.. answer!.Windows.Take(windowCount)];
    }

    private static string Text(JsonElement golden)
    {
        string text = File.ReadAllText(Goldens.RequireShared("data/wikitext2/wiki.test.raw"));
        if (!golden.TryGetProperty("join", out JsonElement join))
            return text;
        string[] lines = text.Split('\n');
        return join.GetString() switch
        {
            "hf_rows" => string.Join("\n\n", lines.Take(lines.Length - 1).Select(line => string.IsNullOrWhiteSpace(line) ? "" : line + "\n")),
            "file_lines" => string.Join("\n\n", lines.Take(lines.Length - 1)),
            string other => throw new NotSupportedException($"unknown join '{other}'"),
            null => text,
        };
    }
}
