using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

/// <summary>What a careful reviewer of all approved results would find.</summary>
public sealed class BaselineLintTests : IDisposable
{
    private static readonly DateOnly Today = new(2026, 11, 23);

    private readonly TestFolder _folder = new();
    private readonly BaselineStore _store;

    public BaselineLintTests() => _store = new BaselineStore(_folder.Path, (_, _) => { });

    public void Dispose() => _folder.Dispose();

    private ResultKey Approve(string recipe, string codes, string bits = "1", string reason = "")
    {
        EvalResult result = Choices(codes, bits) with { Recipe = recipe };
        _store.Receive(result);
        Assert.Single(_store.Accept(order: new AcceptOrder(Today, reason)));
        return ResultKey.Of(result);
    }

    private IReadOnlyList<LintFinding> Find(DateOnly? today = null, params IReadOnlyCollection<ResultKey> rows) =>
        new BaselineLint(_store, rows.Count > 0 ? rows : [.. _store.Verified()], recipe => recipe == "fp32" ? 32 : recipe.Contains("int3") ? 3 : 8, today ?? Today).Find();

    [Fact]
    public void A_clean_folder_has_no_findings()
    {
        Approve("fp32", Codes(200, wrong: 20));
        Approve("rtn-int8", Codes(200, wrong: 21));
        Approve("rtn-int3", Codes(200, wrong: 40));
        Assert.Empty(Find());
    }

    [Fact]
    public void Orphans_and_missing_rows()
    {
        ResultKey key = Approve("fp32", Codes(200, wrong: 20)), gone = Approve("rtn-int8", Codes(200, wrong: 20));
        Assert.Equal([(LintKind.Orphan, gone), (LintKind.MissingRow, key with { Recipe = "rtn-int4" })], Find(null, key, key with { Recipe = "rtn-int4" }).Select(f => (f.Kind, f.Key)));
    }

    [Fact]
    public void Damaged_files()
    {
        ResultKey key = Approve("fp32", Codes(200, wrong: 20));
        File.WriteAllText(_store.VerifiedPath(key), "{");
        Assert.Equal(LintKind.Damaged, Find(null, key).First().Kind);
    }

    [Fact]
    public void A_reason_expires()
    {
        Approve("fp32", Codes(200, wrong: 20));
        Approve("fp32", Codes(200, wrong: 25), "2", "known");
        Assert.Empty(Find());
        LintFinding finding = Assert.Single(Find(Today.AddDays(90)));
        Assert.Equal(LintKind.ExpiredReason, finding.Kind);
        Assert.True(finding.IsFault);
        Assert.Contains("“known”", finding.Words);
    }

    [Fact]
    public void Better_than_full_precision_and_than_more_bits()
    {
        Approve("fp32", Codes(200, wrong: 60));
        Approve("rtn-int8", Codes(200, wrong: 60));
        ResultKey lucky = Approve("rtn-int3", Codes(200, wrong: 30));
        Assert.Equal([(LintKind.BetterThanFull, lucky), (LintKind.FewerBitsBetter, lucky)], Find().Select(f => (f.Kind, f.Key)));
    }

    [Fact]
    public void Zero_and_constant_answers_and_too_few_items()
    {
        Approve("awq-int8", new string('b', 200));
        Approve("rtn-int8", string.Concat(Enumerable.Repeat("Aa", 100)));
        Approve("rtn-int3", Codes(60, wrong: 10));
        LintFinding[] findings = [.. Find()];
        Assert.Equal([LintKind.ZeroOrConstant, LintKind.ZeroOrConstant, LintKind.NoPower], findings.Select(f => f.Kind));
        Assert.Contains("7 lost items are the fewest", findings[^1].Words);
    }
}
