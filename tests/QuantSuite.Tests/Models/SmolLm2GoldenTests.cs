using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>A real checkpoint against transformers: ids, logits and greedy continuations (../shared/goldens/smollm2).</summary>
[Collection("SmolLM2")]
[Trait("Speed", "Slow")]
public sealed class SmolLm2GoldenTests(SmolLm2 smolLm2)
{
    private const double Tolerance = 2e-3;

    public static TheoryData<string> Texts() => Goldens.Cases("smollm2", "*.last_logits.bin");

    [SkippableTheory]
    [MemberData(nameof(Texts))]
    public void LogitsEqualTransformers(string file)
    {
        string path = Path.Combine(Goldens.Folder("smollm2"), file);
        JsonElement golden = Goldens.Json(path.Replace(".last_logits.bin", ".json", StringComparison.Ordinal));
        DecoderModel model = smolLm2.Model;
        int[] ids = Ids(golden.GetProperty("ids"));
        Assert.Equal(ids, model.Tokenizer.Encode(golden.GetProperty("text").GetString()!));

        using Matrix logits = model.Logits(ids);
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], logits[ids.Length - 1, i], Tolerance);
        CheckPositions(model, golden, ids, logits);
    }

    private static void CheckPositions(DecoderModel model, JsonElement golden, int[] ids, Matrix logits)
    {
        var logSumExp = new double[ids.Length];
        model.Kernels.LogSumExp(logits, logSumExp, new int[ids.Length]);
        double sum = 0;
        foreach (JsonElement position in golden.GetProperty("positions").EnumerateArray())
        {
            int p = position.GetProperty("pos").GetInt32();
            Assert.Equal(position.GetProperty("logsumexp").GetDouble(), logSumExp[p], 1e-3);
            foreach ((JsonElement id, JsonElement logit) in position.GetProperty("top_ids").EnumerateArray().Zip(position.GetProperty("top_logits").EnumerateArray()))
                Assert.Equal(logit.GetDouble(), logits[p, id.GetInt32()], Tolerance);
            if (p > 0)
                sum += logits[p - 1, ids[p]] - logSumExp[p - 1];
        }
        Assert.Equal(golden.GetProperty("sum_logprob").GetDouble(), sum, 5e-3);
    }

    [SkippableFact]
    public void GreedyStepsEqualTransformers()
    {
        string path = Path.Combine(Goldens.Folder("smollm2"), "greedy.json");
        Skip.IfNot(File.Exists(path), $"not found: {path}");
        DecoderModel model = smolLm2.Model;
        foreach (JsonElement run in Goldens.Json(path).EnumerateArray())
        {
            int[] prompt = Ids(run.GetProperty("prompt_ids")), expected = Ids(run.GetProperty("new_ids"));
            Assert.Equal(prompt, model.Tokenizer.Encode(run.GetProperty("rendered").GetString()!));
            // The recorded ids are fed, so one near tie does not spoil the steps behind it.
            using Matrix logits = model.Logits([.. prompt, .. expected]);
            var argMax = new int[logits.Rows];
            model.Kernels.LogSumExp(logits, new double[logits.Rows], argMax);
            double[] gaps = [.. run.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("gap").GetDouble())];
            for (int step = 0; step < expected.Length; step++)
                if (gaps[step] >= 2 * Tolerance)
                    Assert.Equal(expected[step], argMax[prompt.Length - 1 + step]);
        }
    }

    [SkippableFact]
    public void GeneratedTextsEqualTransformersUpToANearTie()
    {
        string path = Path.Combine(Goldens.Folder("smollm2"), "greedy.json");
        Skip.IfNot(File.Exists(path), $"not found: {path}");
        DecoderModel model = smolLm2.Model;
        JsonElement[] runs = [.. Goldens.Json(path).EnumerateArray()];
        var answers = new GenerateAnswer[runs.Length];
        model.GenerateUntil([.. runs.Select(run => new GenerateRequest(run.GetProperty("rendered").GetString()!, [], run.GetProperty("new_ids").GetArrayLength()))], (i, answer) => answers[i] = answer);
        for (int i = 0; i < runs.Length; i++)
        {
            int[] tied = [.. runs[i].GetProperty("steps").EnumerateArray().Select((step, s) => step.GetProperty("gap").GetDouble() < 2 * Tolerance ? s : int.MaxValue)];
            string expected = runs[i].GetProperty("text_until_eos").GetString()!;
            string certain = model.Tokenizer.Decode(Ids(runs[i].GetProperty("new_ids")).AsSpan(0, Math.Min(tied.Min(), tied.Length)));
            if (tied.Min() == int.MaxValue)
                Assert.Equal(expected, answers[i].Text);
            else
                Assert.StartsWith(certain[..Math.Min(certain.Length, expected.Length)], answers[i].Text, StringComparison.Ordinal);
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
