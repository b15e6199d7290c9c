using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>The shipped models on their tasks, item by item, against transformers: log-likelihoods, texts and verdicts.</summary>
public sealed class MicroWorldGoldenTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Models => Goldens.Cases("microworld", "*.json");

    [SkippableTheory]
    [MemberData(nameof(Models))]
    [Trait("Speed", "Slow")]
    public void Every_item_is_answered_as_by_transformers(string file)
    {
        JsonElement root = Goldens.Json(Path.Combine(Goldens.Folder("microworld"), file));
        string? path = EvalData.FindShipped(Path.Combine("evals/models", Path.GetFileNameWithoutExtension(file)));
        Skip.If(path is null, $"there is no shipped model for {file}");
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Quantizer.Load(path, Recipe.Parse("fp32"), kernels);
        foreach (JsonProperty entry in root.GetProperty("tasks").EnumerateObject())
        {
            EvalTask task = EvalTasks.Get(entry.Name);
            JsonElement[] expected = [.. entry.Value.EnumerateArray()];
            IReadOnlyList<ItemOutcome> outcomes = task.Run(model, [.. task.Load(EvalData.Default("")).Take(expected.Length)]);
            foreach ((ItemOutcome outcome, JsonElement golden) in outcomes.Zip(expected))
                Compare(outcome, golden);
        }
    }

    private static void Compare(ItemOutcome outcome, JsonElement golden)
    {
        Assert.Equal(golden.GetProperty("id").GetString(), outcome.Id);
        if (golden.TryGetProperty("loglikelihoods", out JsonElement logLikelihoods))
            foreach ((double want, double got) in logLikelihoods.EnumerateArray().Select(value => value.GetDouble()).Zip(outcome.LogLikelihoods))
                Assert.True(Math.Abs(want - got) <= Tolerance, $"{outcome.Id}: expected ln p {want}, got {got}");
        if (golden.TryGetProperty("loglikelihood", out JsonElement logLikelihood))
        {
            Assert.Equal(golden.GetProperty("tokens").GetInt32(), outcome.Weight);
            Assert.Equal(golden.GetProperty("bytes").GetInt32(), outcome.Values["bytes"]);
            Assert.True(Math.Abs(logLikelihood.GetDouble() - outcome.Score) <= Tolerance, $"{outcome.Id}: expected ln p {logLikelihood}, got {outcome.Score}");
        }
        if (golden.TryGetProperty("text", out JsonElement text) && golden.GetProperty("min_gap").GetDouble() >= 2 * Tolerance)
            Assert.Equal($"{outcome.Id}: {text.GetString()}", $"{outcome.Id}: {outcome.Answer}");
        if (golden.TryGetProperty("right", out JsonElement right))
            Assert.True(right.GetBoolean() == (outcome.Score == 1), $"{outcome.Id} is {(right.GetBoolean() ? "right" : "wrong")} in the reference, here '{outcome.Answer}'");
    }
}
