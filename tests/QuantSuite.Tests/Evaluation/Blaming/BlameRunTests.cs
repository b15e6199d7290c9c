using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Blaming;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Tests.Quantization;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Blaming;

/// <summary>A fault that was put into one linear is found in it, by restoring parts of the model alone.</summary>
public sealed class BlameRunTests : IDisposable
{
    private const string Culprit = "model.layers.2.mlp.down_proj";

    private readonly TestFolder folder = new();
    private readonly Kernels kernels = Kernels.Create(2);
    private readonly UnroundedValues unrounded = new();

    [Fact]
    public void The_faulty_linear_is_named_and_the_model_is_as_before()
    {
        using DecoderModel full = QuantizedMicroWorld.Load("fp32", kernels), faulty = Faulty();
        using Matrix before = faulty.Logits(QuantizedMicroWorld.Ids);
        BlameRecord record = Blame(full, faulty);
        Assert.Equal("model.layers.2", record.Worst(BlameLevel.Block)!.Name);
        Assert.Equal(Culprit, Assert.Single(record.Guilty).Name);
        Assert.InRange(record.ShareOf(record.Guilty[0]), 0.9, 1);
        Assert.Equal(record.Header.LostCount, record.Parts.Single(part => part.Name == "everything").ItemsReturned);
        Assert.Equal(0, record.Parts.Single(part => part.Name == "everything").KlRemaining);
        using Matrix after = faulty.Logits(QuantizedMicroWorld.Ids);
        Assert.True(before.Span.SequenceEqual(after.Span));
    }

    [Fact]
    public void A_stopped_run_goes_on_where_it_stopped()
    {
        using DecoderModel full = QuantizedMicroWorld.Load("fp32", kernels), faulty = Faulty();
        var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Blame(full, faulty, (part, count) => Do(count == 3, stop.Cancel), stop.Token));
        int measured = 0;
        BlameRecord record = Blame(full, faulty, (_, _) => measured++);
        Assert.Equal(record.Parts.Count - 2, measured);
        Assert.Equivalent(record.Parts, BlameFile.Find(folder.Path, new ResultKey("microworld-s", "sentiment", "rtn-int8-g32"))!.Parts);
    }

    [Fact]
    public void A_torn_line_is_measured_again()
    {
        using DecoderModel full = QuantizedMicroWorld.Load("fp32", kernels), faulty = Faulty();
        BlameRecord record = Blame(full, faulty);
        string path = BlameFile.PathOf(folder.Path, new ResultKey("microworld-s", "sentiment", "rtn-int8-g32"));
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text[..^20]);
        int measured = 0;
        Assert.Equal(record.Parts, Blame(full, faulty, (_, _) => measured++).Parts);
        Assert.Equal((1, text), (measured, File.ReadAllText(path)));
    }

    [Theory]
    [InlineData("awq-int3-g32-kv4")]
    [InlineData("quarot-int4-a8-kv4")]
    [InlineData("smoothquant-int8-a8-tensor")]
    public void Rescaled_and_rotated_values_fit_the_model(string recipe)
    {
        using DecoderModel full = QuantizedMicroWorld.Load("fp32", kernels);
        using DecoderModel now = Quantizer.Load(QuantizedMicroWorld.Folder, Recipe.Parse(recipe), kernels, calibration: (_, _, _) => QuantizedMicroWorld.Tokens(), unrounded: unrounded);
        BlamePart everything = Blame(full, now).Parts.Single(part => part.Name == "everything");
        Assert.InRange(everything.KlRemaining, 0, 1e-8);
    }

    public void Dispose()
    {
        unrounded.Dispose();
        kernels.Dispose();
        folder.Dispose();
    }

    private static void Do(bool now, Action action)
    {
        if (now)
            action();
    }

    private DecoderModel Faulty()
    {
        DecoderModel model = QuantizedMicroWorld.Load("rtn-int8-g32", kernels);
        var packed = (QuantizedMatrix)model.Linears.Single(weight => weight.Name == Culprit).Panels;
        for (int row = 0; row < packed.Rows; row++)
            for (int group = 0; group < packed.GroupCount; group++)
                packed.Scales[row, group] *= 1.75f;
        return model;
    }

    private BlameRecord Blame(DecoderModel full, DecoderModel now, Action<string, int>? progress = null, CancellationToken cancellation = default)
    {
        var row = new EvalRow(ModelLocation.Open(QuantizedMicroWorld.Folder), EvalTasks.Get("sentiment"), now.Identity.Recipe);
        EvalSettings settings = new() { Artifacts = folder["artifacts"], Limit = 100 };
        IReadOnlyList<EvalItem> items = [];
        EvalResult[] results = [.. new[] { full, now }.Select(model => EvalRunner.Run(row.Task, model, RowRun.Options(row, model, settings) with { Loaded = loaded => items = loaded, CacheFolder = null }))];
        int count = 0;
        using var run = new BlameRun(full, now, items, results[0], results[1], new BlameOptions
        {
            Task = row.Task,
            StorageOf = unrounded.StorageOf,
            ResultsFolder = folder.Path,
            ItemLimit = 12,
            Progress = part => progress?.Invoke(part, ++count),
        });
        return run.Run(cancellation);
    }
}
