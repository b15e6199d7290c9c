using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

public sealed class BaselineStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("quantsuite-baselines-").FullName;
    private readonly List<(string Received, string Verified)> _shown = [];
    private readonly BaselineStore _store;

    public BaselineStoreTests() => _store = new BaselineStore(Path.Combine(_root, "baselines"), (received, verified) => _shown.Add((received, verified)));

    private static ResultKey Key => ResultKey.Of(Choices("A"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Approve(EvalResult result)
    {
        _store.Check(result);
        Assert.Equal([ResultKey.Of(result)], _store.Accept());
        _shown.Clear();
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_store.Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_store.Root, path)).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_limited_run_never_takes_the_place_of_a_whole_one()
    {
        Approve(Choices("AbAA"));
        EvalResult limited = Choices("Ab", bits: "2") with { Settings = new Dictionary<string, string> { ["limit"] = "2" } };
        Assert.Equal(VerdictKind.Refused, _store.Check(limited).Kind);
        Assert.Empty(_store.Accept());
        Assert.Equal([Key], _store.Shortened());
        Assert.Equal(VerdictKind.Equal, _store.Check(Choices("AbAA")).Kind);
    }

    [Fact]
    public void A_missing_baseline_fails_and_waits_for_a_person()
    {
        Verdict verdict = _store.Check(Choices("AbA"));
        Assert.Equal(VerdictKind.Missing, verdict.Kind);
        Assert.True(verdict.Fails());
        Assert.Equal([Path.Combine("microworld-m", "commonsense", "rtn-int4-g32.received.json")], Files());
        Assert.Equal([(_store.ReceivedPath(Key), _store.VerifiedPath(Key))], _shown);
        Assert.Equal([Key], _store.Accept());
        Assert.Equal([Path.Combine("microworld-m", "commonsense", "rtn-int4-g32.verified.json")], Files());
        Assert.Equal(VerdictKind.Equal, _store.Check(Choices("AbA")).Kind);
    }

    [Fact]
    public void A_mismatch_leaves_the_approved_file_alone_and_an_equal_run_cleans_up()
    {
        Approve(Choices("AbA"));
        byte[] approved = File.ReadAllBytes(_store.VerifiedPath(Key));
        Assert.Equal(VerdictKind.Changed, _store.Check(Choices("AbA", "2")).Kind);
        Assert.Equal([Key], _store.Received());
        Assert.Equal(approved, File.ReadAllBytes(_store.VerifiedPath(Key)));
        Assert.Equal(VerdictKind.Equal, _store.Check(Choices("AbA")).Kind);
        Assert.Empty(_store.Received());
        Assert.Equal(approved, File.ReadAllBytes(_store.VerifiedPath(Key)));
        // A change that does not fail opens no window.
        Assert.Empty(_shown);
    }

    [Fact]
    public void Comparing_writes_nothing()
    {
        Assert.Equal(VerdictKind.Missing, _store.Compare(Choices("A")).Kind);
        Assert.False(Directory.Exists(_store.Root));
        Assert.Empty(_store.Verified());
    }

    [Fact]
    public void Accept_takes_the_rows_that_are_asked_for()
    {
        EvalResult other = Choices("A") with { Task = "knowledge", Recipe = "smoothquant+gptq-int8-a8[layers.0.mlp=fp32]" };
        _store.Check(Choices("A"));
        _store.Check(other);
        Assert.Equal([ResultKey.Of(other)], _store.Accept(key => key.Task == "knowledge"));
        Assert.Equal([Key], _store.Received());
        Assert.Equal([ResultKey.Of(other)], _store.Verified());
        Assert.Equal(VerdictKind.Equal, _store.Compare(other).Kind);
    }

    [Fact]
    public void Orphans_are_approved_rows_that_nobody_runs()
    {
        EvalResult gone = Choices("A") with { Task = "gone" };
        Approve(Choices("A"));
        Approve(gone);
        Assert.Equal([ResultKey.Of(gone)], _store.Orphans([Key]));
    }

    [Fact]
    public void A_damaged_approved_file_refuses_and_the_run_waits_beside_it()
    {
        Approve(Choices("A"));
        File.WriteAllText(_store.VerifiedPath(Key), "{ \"schema\": 1");
        Verdict verdict = _store.Check(Choices("A"));
        Assert.Equal(VerdictKind.Refused, verdict.Kind);
        Assert.Contains("rtn-int4-g32.verified.json is no approved baseline", verdict.Words);
        Assert.Equal([Key], _store.Accept());
        Assert.Equal(VerdictKind.Equal, _store.Compare(Choices("A")).Kind);
    }

    [Fact]
    public void An_empty_approved_file_is_a_missing_one()
    {
        Approve(Choices("A"));
        File.WriteAllText(_store.VerifiedPath(Key), "");
        Assert.Equal(VerdictKind.Missing, _store.Compare(Choices("A")).Kind);
    }

    [Fact]
    public void Another_rows_file_is_refused()
    {
        Approve(Choices("A"));
        EvalResult other = Choices("A") with { Task = "knowledge" };
        Directory.CreateDirectory(Path.GetDirectoryName(_store.VerifiedPath(ResultKey.Of(other)))!);
        File.Copy(_store.VerifiedPath(Key), _store.VerifiedPath(ResultKey.Of(other)));
        Verdict verdict = _store.Compare(other);
        Assert.Equal(VerdictKind.Refused, verdict.Kind);
        Assert.Contains("is the baseline of microworld-m · commonsense · rtn-int4-g32, expected microworld-m · knowledge", verdict.Words);
    }

    [Fact]
    public void A_damaged_received_file_is_not_accepted()
    {
        Approve(Choices("A"));
        byte[] approved = File.ReadAllBytes(_store.VerifiedPath(Key));
        _store.Check(Choices("b", "2"));
        File.WriteAllText(_store.ReceivedPath(Key), "half a fi");
        Assert.Throws<InvalidDataException>(() => _store.Accept());
        Assert.Equal(approved, File.ReadAllBytes(_store.VerifiedPath(Key)));
        Assert.Equal([Key], _store.Received());
    }

    [Fact]
    public void A_folder_that_cannot_be_written_loses_nothing()
    {
        Approve(Choices("A"));
        byte[] approved = File.ReadAllBytes(_store.VerifiedPath(Key));
        // A folder where the received file should go: no file can take its name, whoever runs the test.
        Directory.CreateDirectory(Path.Combine(_store.ReceivedPath(Key), "occupied"));
        Verdict verdict = _store.Check(Choices("b", "2"));
        Assert.Equal(VerdictKind.Inconclusive, verdict.Kind);
        Assert.Contains($"not saved: {_store.ReceivedPath(Key)} cannot be written", verdict.Words);
        Assert.Equal(approved, File.ReadAllBytes(_store.VerifiedPath(Key)));
        Assert.DoesNotContain(Files(), file => file.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public void Strangers_in_the_folder_are_left_alone()
    {
        Directory.CreateDirectory(_store.Root);
        File.WriteAllText(Path.Combine(_store.Root, "stray.received.json"), "");
        File.WriteAllText(Path.Combine(_store.Root, "README.md"), "");
        Assert.Empty(_store.Received());
        Assert.Empty(_store.Accept());
        Assert.Equal(2, Files().Length);
    }

    [Theory]
    [InlineData(null, "", true, false)]
    [InlineData(null, ":0", true, true)]
    [InlineData(null, null, false, true)]
    [InlineData("true", ":0", true, false)]
    [InlineData("1", ":0", false, false)]
    [InlineData("false", ":0", true, true)]
    public void Diffs_open_for_a_person_only(string? ci, string? display, bool linux, bool watched)
    {
        Assert.Equal(watched, DiffTool.IsWatched(name => name switch { "CI" => ci, "DISPLAY" => display, _ => null }, linux));
    }
}
