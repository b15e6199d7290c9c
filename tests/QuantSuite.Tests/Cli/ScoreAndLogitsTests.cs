using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>The two verbs by which anyone checks this engine against another.</summary>
public class ScoreAndLogitsTests
{
    [Fact]
    public async Task Answers_stand_in_the_order_of_the_requests()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["in.jsonl"], """
            {"context": "Question: Who is the painter?\nAnswer:", "until": ["\n"], "max_tokens": 4}
            {"text": "Levia met Karan in the cellar."}
            {"context": "Levia met", "continuation": " Karan"}
            {"context": "<|endoftext|>Levia met", "continuation": " Karan"}
            """);
        CommandRun run = await CommandRun.Of("score", "microworld-s", "--requests", folder["in.jsonl"], "-o", folder["out.jsonl"]);
        Assert.Equal("", run.ExitCode == ExitCode.Done ? "" : run.Error);
        JsonElement[] answers = [.. File.ReadLines(folder["out.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["response"], Names(answers[0]));
        Assert.Equal(["loglikelihood", "tokens"], Names(answers[1]));
        Assert.Equal(["loglikelihood", "is_greedy", "tokens"], Names(answers[2]));
        Assert.True(answers[2].GetProperty("loglikelihood").GetDouble() < 0);
        Assert.NotEqual(answers[2].GetProperty("loglikelihood").GetDouble(), answers[3].GetProperty("loglikelihood").GetDouble());
    }

    [Fact]
    public async Task Logits_are_the_same_bits_at_once_and_step_by_step()
    {
        using var folder = new TestFolder();
        CommandRun all = await CommandRun.Of("logits", "microworld-s", "--recipe", "rtn-int4-g32", "--ids", "0,5,17,300", "-o", folder["all.bin"]);
        CommandRun steps = await CommandRun.Of("logits", "microworld-s", "--recipe", "rtn-int4-g32", "--ids", "0,5,17,300", "--steps", "-o", folder["steps.bin"], "--json");
        Assert.Equal((ExitCode.Done, ExitCode.Done), (all.ExitCode, steps.ExitCode));
        Assert.Contains("[4, 1024] float32", all.Output);
        Assert.Equal([4, 1024], steps.Json.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        byte[] bytes = File.ReadAllBytes(folder["all.bin"]);
        Assert.Equal(4 * 1024 * sizeof(float), bytes.Length);
        Assert.Equal(bytes, File.ReadAllBytes(folder["steps.bin"]));
        Assert.Contains(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), logit => logit > 1);
    }

    [Fact]
    public async Task Logits_of_a_text_are_those_of_its_ids()
    {
        using var folder = new TestFolder();
        CommandRun text = await CommandRun.Of("logits", "microworld-s", "--text", "<|endoftext|>Levia", "-o", folder["text.bin"], "--json");
        string ids = string.Join(',', text.Json.GetProperty("ids").EnumerateArray());
        Assert.StartsWith("0,", ids);
        await CommandRun.Of("logits", "microworld-s", "--ids", ids, "-o", folder["ids.bin"]);
        Assert.Equal(File.ReadAllBytes(folder["text.bin"]), File.ReadAllBytes(folder["ids.bin"]));
    }

    private static IEnumerable<string> Names(JsonElement answer) => answer.EnumerateObject().Select(property => property.Name);
}
