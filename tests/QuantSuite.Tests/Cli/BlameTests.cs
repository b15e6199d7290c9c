using System.Text.Json;
using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary><c>blame</c> on the small model.</summary>
public sealed class BlameTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Fact]
    public async Task Units_blocks_and_the_linears_of_the_worst_block()
    {
        CommandRun run = await CommandRun.Of("blame", "microworld-s", "rtn-int2-g32-kv4", "sentiment", "--limit", "20", "--items", "6", "--artifacts", folder["artifacts"], "--json");
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        JsonElement[] parts = [.. run.Json.GetProperty("parts").EnumerateArray()];
        Assert.Equal(["all linears", "kv cache", "everything", "model.layers.0", "model.layers.1", "model.layers.2", "model.layers.3"], parts.Take(7).Select(part => part.GetProperty("name").GetString()));
        Assert.Equal(7, parts.Count(part => part.GetProperty("level").GetString() == "linear"));
        Assert.True(File.Exists(run.Json.GetProperty("file").GetString()));
        Assert.NotEmpty(run.Json.GetProperty("guilty").EnumerateArray());
    }

    [Fact]
    public async Task A_recipe_of_the_cache_alone_has_no_blocks()
    {
        CommandRun run = await CommandRun.Of("blame", "microworld-s", "fp32-kv2", "sentiment", "--limit", "5", "--artifacts", folder["artifacts"]);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Contains("takes 100 % of it away. No linear is rounded", run.Output);
    }

    [Theory]
    [InlineData("fp32", "nothing to put back")]
    [InlineData("file", "--full")]
    public async Task A_recipe_without_anything_to_restore_is_refused(string recipe, string remedy)
    {
        CommandRun run = await CommandRun.Of("blame", "microworld-s", recipe, "sentiment", "--artifacts", folder["artifacts"]);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(remedy, run.Error);
    }

    public void Dispose() => folder.Dispose();
}
