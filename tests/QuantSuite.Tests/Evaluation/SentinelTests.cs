using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Sentinels;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Tests.Quantization;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Signs of a broken model are seen in the answers, and the first layer that breaks is named.</summary>
public sealed class SentinelTests
{
    [Theory]
    [InlineData("the cat the cat the cat the cat", true)]
    [InlineData("it said no no no no no no no no", true)]
    [InlineData("no no no no", false)]
    [InlineData("one two three one two three one two three", false)]
    [InlineData("", false)]
    public void ALoopIsFourCopiesAndEightWords(string text, bool loops) => Assert.Equal(loops, SentinelWatch.Loops(text));

    [Fact]
    public void TextsWarnFromATwentiethOn()
    {
        string[] answers = [.. Enumerable.Range(0, 40).Select(i => i switch { < 2 => " ", < 5 => "go go go go go go go go", _ => $"answer {i}" })];
        IReadOnlyList<Sentinel> found = SentinelWatch.Of(TaskShape.Generation, [.. answers.Select((answer, i) => Text(answer, $"right {i}", i < 3 ? 0 : 1))]);
        Assert.Equal([("empty", 2), ("repetition", 3), ("unanswerable", 3)], found.Select(sentinel => (sentinel.Name, sentinel.Count)));
        Assert.All(found, sentinel => Assert.False(sentinel.Fails));
        Assert.Empty(SentinelWatch.Of(TaskShape.Generation, [.. answers.Skip(4).Select((answer, i) => Text(answer, $"right {i}", 1))]));
    }

    [Fact]
    public void OneAnswerToEverythingIsACollapse()
    {
        Sentinel sentinel = Assert.Single(SentinelWatch.Of(TaskShape.Generation, [.. Enumerable.Range(0, 20).Select(i => Text("yes", i % 2 == 0 ? "yes" : "no", 1))]));
        Assert.Equal(("collapse", 20), (sentinel.Name, sentinel.Count));
        Assert.Empty(SentinelWatch.Of(TaskShape.Generation, [.. Enumerable.Range(0, 20).Select(_ => Text("yes", "yes", 1))]));
    }

    [Fact]
    public void ANanFailsTheRowAndTheLinearBeforeItIsNamed()
    {
        using var folder = new TestFolder();
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load("rtn-int8-g32", kernels);
        ((QuantizedMatrix)model.Linears.Single(weight => weight.Name == "model.layers.1.mlp.up_proj").Panels).Scales[3, 1] = float.NaN;
        var row = new EvalRow(ModelLocation.Open(QuantizedMicroWorld.Folder), EvalTasks.Get("sentiment"), "rtn-int8-g32");
        var settings = new EvalSettings { Artifacts = folder["artifacts"], Baselines = folder["baselines"], Limit = 4 };
        RowOutcome outcome = RowRun.Run(row, model, settings);
        Sentinel sentinel = Assert.Single(outcome.Result.Sentinels);
        Assert.Equal((SentinelWatch.NotFinite, 4, true), (sentinel.Name, sentinel.Count, sentinel.Fails));
        Assert.Contains("first the inputs of model.layers.1.mlp.down_proj, after model.layers.1.mlp.up_proj", sentinel.Words);
        Assert.Contains("broken: 4 of 4 items", outcome.Words);
        new QuantSuite.Evaluation.Baselines.BaselineStore(settings.Baselines, (_, _) => { }).Accept();
        Assert.False(RowRun.Run(row, model, settings).Passed);
        Assert.Equivalent(sentinel, Assert.Single(EvalResultFile.Read(EvalResultFile.PathOf(settings.Results, row.Key)).Sentinels));
    }

    private static ItemOutcome Text(string answer, string expected, int answered) => new()
    {
        Id = "",
        Score = 0,
        Code = '-',
        Answer = answer,
        Expected = expected,
        Values = new SortedDictionary<string, double> { [SentinelWatch.Answered] = answered },
    };
}
