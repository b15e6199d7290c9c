using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>The calibration text that the user names: too short, absent, or with the task's own items in it.</summary>
public sealed class CalibrationTests : IDisposable
{
    private const string Leaked = "The old miller of Tarn keeps nine grey geese behind the stone barn and feeds them barley";

    private readonly TestFolder folder = new();

    public CalibrationTests()
    {
        File.WriteAllText(folder["mine.jsonl"], $$"""
            {"id": "a", "prompt": "{{Leaked}} every", "choices": [" morning", " year"], "answer": 0}
            {"id": "b", "prompt": "The goat is in the barn. Where is", "choices": [" the goat", " it"], "answer": 0}

            """);
    }

    [Fact]
    public async Task Items_of_the_task_in_it_are_told_by_name()
    {
        CommandRun run = await Run($"{Text(400)}\n{Leaked.ToUpperInvariant()}.\n{Text(400)}");
        Assert.Contains("leak: 1 of 2 items of mine share 13 words in a row with the calibration text (text.txt", run.Error);
        Assert.Contains("such as a: “The old miller of Tarn", run.Error);
        Assert.Contains("gptq-int4-g32 may be too good", run.Error);
    }

    [Fact]
    public async Task Other_text_is_no_leak() => Assert.DoesNotContain("leak:", (await Run(Text(800))).Error);

    [Fact]
    public async Task Text_that_is_too_short_is_refused()
    {
        CommandRun run = await Run("A short text.");
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Matches(@"Calibration text text\.txt has \d+ tokens; expected at least one sequence of 512\. Name a longer text\.", run.Error);
    }

    [Fact]
    public async Task Text_that_is_absent_is_refused()
    {
        CommandRun run = await CommandRun.Of("logits", "microworld-s", "--recipe", "gptq-int4", "--ids", "1", "-o", folder["x.bin"], "--calibration", "nowhere.txt");
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("'nowhere.txt': no such file, and the catalog has microworld, wikitext2", run.Error);
    }

    public void Dispose() => folder.Dispose();

    private async Task<CommandRun> Run(string text)
    {
        File.WriteAllText(folder["text.txt"], text);
        return await CommandRun.Of("run", "--model", "microworld-s", "--recipe", "gptq-int4-g32", "--task", folder["mine.jsonl"], "--filter", "Task=mine", "--calibration", folder["text.txt"],
            "--artifacts", folder["artifacts"], "--baselines", folder["baselines"]);
    }

    // Sentences that share no 13 words with the items.
    private static string Text(int sentences) =>
        string.Join(' ', Enumerable.Range(0, sentences).Select(i => $"The {(i % 2 == 0 ? "goat" : "horse")} number {i * 7 % 100} eats {i * 13 % 97} apples."));
}
