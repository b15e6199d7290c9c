using System.Text.Json;
using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary><c>probe</c> and <c>statistics</c> on the small model.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Fact]
    public async Task Every_module_is_rounded_alone_and_its_line_is_a_recipe()
    {
        CommandRun run = await CommandRun.Of("probe", "microworld-s", "--bits", "int2-g32", "--by", "module", "--task", "sentiment", "--limit", "5", "--artifacts", folder["probe"], "--json");
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        JsonElement[] rows = [.. run.Json.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["fp32", "fp32-g32[self_attn=int2]", "fp32-g32[mlp=int2]", "rtn-int2-g32"], rows.Select(row => row.GetProperty("recipe").GetString()));
        Assert.Equal([0, 16, 12, 28], rows.Select(row => row.GetProperty("linears").GetInt32()));
        CommandRun again = await CommandRun.Of("run", "--model", "microworld-s", "--recipe", "fp32-g32[mlp=int2]", "--task", "sentiment", "--limit", "5",
            "--artifacts", folder["run"], "--baselines", folder["baselines"], "--json");
        JsonElement row = again.Json.GetProperty("rows")[0];
        Assert.Equal(row.GetProperty("metrics")[0].GetProperty("value").GetDouble(), rows[2].GetProperty("value").GetDouble());
        Assert.Equal(row.GetProperty("bits_per_weight").GetDouble(), rows[2].GetProperty("bits_per_weight").GetDouble());
    }

    [Fact]
    public async Task A_table_names_what_was_rounded()
    {
        CommandRun run = await CommandRun.Of("probe", "microworld-s", "--bits", "int2", "--task", "sentiment", "--limit", "2", "--artifacts", folder["probe"]);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.All(["nothing", "layers.0", "layers.3", "everything", "fp32[layers.3=int2]"], text => Assert.Contains(text, run.Output));
    }

    [Fact]
    public async Task A_format_that_is_none_is_refused()
    {
        CommandRun run = await CommandRun.Of("probe", "microworld-s", "--bits", "int99", "--task", "sentiment", "--limit", "2", "--artifacts", folder["probe"]);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("unknown format 'int99'", run.Error);
    }

    [Fact]
    public async Task Statistics_of_weights_activations_and_cache()
    {
        CommandRun run = await CommandRun.Of("statistics", "microworld-s", "--sequences", "2", "--json");
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        string[] kinds = [.. run.Json.GetProperty("kinds").EnumerateArray().Select(row => row.GetProperty("kind").GetString()!)];
        Assert.Equal(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "attention input", "attention heads", "mlp input", "mlp product", "keys", "values"], kinds);
        Assert.Equal(4 * 13, run.Json.GetProperty("layers").GetArrayLength());
        JsonElement keys = run.Json.GetProperty("kinds")[11];
        Assert.Equal(4 * 2 * 512 * 64, keys.GetProperty("count").GetInt32());
        Assert.InRange(keys.GetProperty("kurtosis").GetDouble(), 1, 100);
        CommandRun table = await CommandRun.Of("statistics", "microworld-s", "--sequences", "1", "--layers");
        Assert.Contains("Kurtosis", table.Output);
    }

    public void Dispose() => folder.Dispose();
}
