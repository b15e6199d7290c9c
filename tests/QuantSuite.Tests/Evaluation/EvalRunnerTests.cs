using QuantSuite.Evaluation;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public sealed class EvalRunnerTests : IDisposable
{
    private readonly string cache = Path.Combine(Path.GetTempPath(), "quantsuite-" + Guid.NewGuid().ToString("n"));

    public void Dispose()
    {
        if (Directory.Exists(cache))
            Directory.Delete(cache, recursive: true);
    }

    [Theory]
    [InlineData("knowledge")]
    [InlineData("stories")]
    [InlineData("arithmetic")]
    public void A_stopped_run_goes_on_where_it_stopped_and_ends_with_the_same_bits(string task)
    {
        EvalResult whole = Run(task, new ScriptedModel(), null);
        var stopping = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(task, new ScriptedModel(), cache, progress =>
        {
            if (progress.DoneItemCount == 20)
                stopping.Cancel();
        }, stopping.Token));
        var rest = new ScriptedModel();
        EvalResult resumed = Run(task, rest, cache);
        Assert.Equal(whole.BitsHash, resumed.BitsHash);
        Assert.Equal(whole.Identity, resumed.Identity);
        Assert.Equal(whole.Metrics, resumed.Metrics);
        Assert.True(resumed.Cost.CachedItemCount >= 20 && resumed.Cost.CachedItemCount < resumed.Items.Count);
        Assert.Equal((0, whole.Items.Count), Run(task, rest, cache).Cost is var cost ? (cost.TokenCount, cost.CachedItemCount) : default);
        Assert.Equal(0, whole.Cost.CachedItemCount);
    }

    [Fact]
    public void A_limit_takes_the_first_items_and_is_part_of_the_settings()
    {
        EvalResult result = EvalRunner.Run(EvalTasks.Get("knowledge"), new ScriptedModel(), Options(null, null) with { Limit = 7 });
        Assert.Equal(["knowledge-000", "knowledge-006"], [result.Items[0].Id, result.Items[^1].Id]);
        Assert.Equal("7", result.Settings["limit"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => EvalRunner.Run(EvalTasks.Get("knowledge"), new ScriptedModel(), Options(null, null) with { Limit = 0 }));
    }

    internal static EvalOptions Options(string? cache, Action<EvalProgress>? progress) => new()
    {
        Data = EvalData.Default(""),
        Family = "scripted",
        Quantization = new QuantizationProof(32, 0, 0, 0),
        Environment = new RunEnvironment("", "", 1, "", "", "", "", default),
        CacheFolder = cache,
        Progress = progress,
    };

    private static EvalResult Run(string task, ScriptedModel model, string? cache, Action<EvalProgress>? progress = null, CancellationToken cancellation = default) =>
        EvalRunner.Run(EvalTasks.Get(task), model, Options(cache, progress), cancellation);
}
