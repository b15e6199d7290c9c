using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Tests.Cli;
using Xunit;

namespace QuantSuite.Tests.Evals;

/// <summary>The way from <c>dotnet test</c> to the page, in processes of their own.</summary>
[Trait("Speed", "Slow")]
public sealed class EvalRunTests : IDisposable
{
    private const string Filter = "Model=microworld-s&Task=arithmetic&Recipe=rtn-int2-g32";
    private static readonly ResultKey Row = new("microworld-s", "arithmetic", "rtn-int2-g32");
    private const string LongFilter = "Model=microworld-m&Task~retrieval&Recipe=rtn-int2-g32";
    private static readonly ResultKey[] LongRows = [.. new[] { "retrieval", "retrieval16", "retrieval32", "retrieval48" }.Select(task => new ResultKey("microworld-m", task, "rtn-int2-g32"))];
    private static readonly (string, string) Limit = ("QUANTSUITE_LIMIT", "40");

    private readonly TestFolder folder = new();
    private readonly EvalsProcess evals;

    public EvalRunTests() => evals = new EvalsProcess(folder);

    private string Verified => new BaselineStore(evals.Baselines).VerifiedPath(Row);

    [Fact]
    public async Task A_row_is_missing_then_accepted_then_equal_then_fails_and_the_page_is_there_each_time()
    {
        (int exitCode, string output) = await evals.Run(Filter, Limit);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("microworld-s · arithmetic · rtn-int2-g32 [FAIL]", output);
        Assert.Contains("no approved baseline", output);
        Assert.Contains($"accept --baselines \"{evals.Baselines}\" --filter \"Model=microworld-s&Task=arithmetic&Recipe=rtn-int2-g32\"", output);
        Assert.Contains("arithmetic", Page());
        string results = File.ReadAllText(EvalResultFile.PathOf(Path.Combine(evals.Artifacts, "results"), Row));
        Assert.Contains("\"bitsHash\"", results);

        Assert.Contains("1 rows accepted", (await CommandRun.Of("accept", "--baselines", evals.Baselines, "--filter", Filter)).Output);
        (exitCode, output) = await evals.Run(Filter, Limit);
        Assert.True(exitCode == 0, output);
        Assert.Contains("arithmetic", Page());

        // An approved run that had every item right: the row has lost what it gets wrong.
        string text = File.ReadAllText(Verified);
        File.WriteAllText(Verified, string.Join('\n', text.Split('\n').Select(line => line.Contains(" 1 ") ? line.Replace('-', '+') : line)).Replace("\"bits\": \"", "\"bits\": \"0"));
        string tampered = File.ReadAllText(Verified);
        (exitCode, output) = await evals.Run(Filter, Limit);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("items differ", output);
        Assert.Contains("lost: expected", output);
        Assert.Contains("arithmetic", Page());
        Assert.Equal(tampered, File.ReadAllText(Verified));
        Assert.True(File.Exists(new BaselineStore(evals.Baselines).ReceivedPath(Row)));
    }

    [Fact]
    public async Task Killed_in_the_middle_the_same_command_goes_on_to_the_same_bits()
    {
        using (var process = evals.Start(LongFilter))
        {
            _ = process.StandardOutput.ReadToEndAsync();
            await Until(() => CachedLines() >= 20 || process.HasExited);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        Assert.InRange(CachedLines(), 20, 499);
        await evals.Run(LongFilter);
        EvalResult[] resumed = [.. LongRows.Select(row => Result(evals, row))];
        Assert.InRange(resumed.Sum(result => result.Cost.CachedItemCount), 20, 499);

        using var other = new TestFolder();
        var whole = new EvalsProcess(other);
        await whole.Run(LongFilter);
        Assert.All(LongRows.Zip(resumed), pair =>
        {
            EvalResult result = Result(whole, pair.First);
            Assert.Equal((0, pair.Second.BitsHash), (result.Cost.CachedItemCount, result.BitsHash));
        });
    }

    [Fact]
    public async Task Two_runs_at_once_share_a_folder()
    {
        var runs = await Task.WhenAll(evals.Run(Filter, Limit), evals.Run(Filter, Limit));
        Assert.All(runs, run => Assert.Contains("no approved baseline", run.Output));
        Assert.Equal(40, Result(evals, Row).Items.Count);
        Assert.Contains("arithmetic", Page());
        Assert.Empty(Directory.GetFiles(folder.Path, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Properties_of_dotnet_test_reach_the_rows()
    {
        File.WriteAllText(folder["mine.jsonl"], "{\"id\": \"1\", \"prompt\": \"a\", \"target\": \"b\"}\n");
        string model = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");
        (int exitCode, string output) = await evals.RunProject($"-p:Models={model}", "-p:Tasks=mine.jsonl", "-p:Recipes=fp32 rtn-int5-g16", "--list-tests");
        Assert.True(exitCode == 0, output);
        Assert.Equal(["microworld-s · mine · fp32", "microworld-s · mine · rtn-int5-g16"], output.Split('\n').Select(line => line.Trim()).Where(line => line.Contains(" · ")));
    }

    [Fact]
    public async Task A_filter_that_picks_nothing_fails()
    {
        (int exitCode, string output) = await evals.RunProject("--filter", "Model=nobody");
        Assert.True(exitCode != 0, output);
    }

    [Fact]
    public async Task Settings_that_cannot_be_used_are_one_failing_test_with_their_message()
    {
        (int exitCode, string output) = await evals.Run("FullyQualifiedName~TaskEvals", ("QUANTSUITE_RECIPES", "gptqq-int4"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("recipe 'gptqq-int4'", output);
        Assert.Contains("recipe 'gptqq-int4'", (await evals.Run("Model=microworld-s", ("QUANTSUITE_RECIPES", "gptqq-int4"))).Output);
    }

    public void Dispose() => folder.Dispose();

    private static EvalResult Result(EvalsProcess evals, ResultKey row) => EvalResultFile.Read(EvalResultFile.PathOf(Path.Combine(evals.Artifacts, "results"), row));

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(20);
    }

    private string Page() => File.ReadAllText(Path.Combine(evals.Artifacts, "report", "index.html"));

    private int CachedLines()
    {
        string cache = Path.Combine(evals.Artifacts, "cache");
        return Directory.Exists(cache) ? Directory.GetFiles(cache, "*.jsonl", SearchOption.AllDirectories).Sum(Lines) : 0;
    }

    private static int Lines(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(character => character == '\n');
    }
}
