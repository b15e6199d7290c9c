using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>A model that took calibration is kept by content and found again with the same bits.</summary>
public sealed class ModelCacheTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("gptq-int4-g32")]
    [InlineData("gptq-int3-g32-actorder")]
    public async Task A_kept_model_has_the_bits_of_the_computed_one(string recipe)
    {
        string[] command = ["run", "--model", "microworld-s", "--recipe", recipe, "--task", "sentiment", "--limit", "4", "--artifacts", folder["artifacts"], "--baselines", folder["baselines"], "--json"];
        string models = Path.Combine(folder["artifacts"], "cache", "models");
        CommandRun computed = await CommandRun.Of(command);
        string kept = Assert.Single(Directory.GetDirectories(models));
        DateTime written = Directory.GetLastWriteTimeUtc(kept);
        foreach (string answers in Directory.GetFiles(Path.Combine(folder["artifacts"], "cache"), "*.jsonl", SearchOption.AllDirectories))
            File.Delete(answers);

        CommandRun found = await CommandRun.Of(command);
        Assert.DoesNotContain("block 1 of", found.Error);
        Assert.Equal(written, Directory.GetLastWriteTimeUtc(kept));
        Assert.Equal(computed.Json.GetProperty("rows")[0].GetProperty("metrics").GetRawText(), found.Json.GetProperty("rows")[0].GetProperty("metrics").GetRawText());
        Assert.Equal(computed.Json.GetProperty("rows")[0].GetProperty("bits_per_weight").GetDouble(), found.Json.GetProperty("rows")[0].GetProperty("bits_per_weight").GetDouble());

        File.WriteAllText(Path.Combine(kept, "model.safetensors"), "spoilt");
        Assert.Contains("is made anew", (await CommandRun.Of(command)).Error);

        Assert.Contains(Path.GetFileName(kept), (await CommandRun.Of("cache", "show", "--artifacts", folder["artifacts"])).Output);
        Assert.Equal(ExitCode.Done, (await CommandRun.Of("cache", "clear", "--artifacts", folder["artifacts"])).ExitCode);
        Assert.False(Directory.Exists(models));
    }

    public void Dispose() => folder.Dispose();
}
