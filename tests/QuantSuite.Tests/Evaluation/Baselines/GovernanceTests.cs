using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

/// <summary>Who approved what, and that nothing gets worse without a word.</summary>
public sealed class GovernanceTests : IDisposable
{
    private static readonly DateOnly Today = new(2026, 11, 23);

    private readonly TestFolder _folder = new();
    private readonly BaselineStore _store;

    public GovernanceTests() => _store = new BaselineStore(_folder.Path, (_, _) => { });

    public void Dispose() => _folder.Dispose();

    private static ResultKey Key => ResultKey.Of(Choices("A"));

    private void Approve(EvalResult result, string reason = "")
    {
        _store.Check(result);
        Assert.Single(_store.Accept(order: new AcceptOrder(Today, reason)));
    }

    [Fact]
    public void An_approval_says_when_from_which_commit_and_on_what()
    {
        Approve(Choices("AbAA"));
        Approval approval = _store.Read(Key)!.Approval!;
        Assert.Equal(new Approval("2026-11-23", "abc", "processor"), approval);
        Assert.Empty(_store.Received());
    }

    [Fact]
    public void A_worse_result_waits_for_a_reason_and_keeps_it_until_it_expires()
    {
        Approve(Choices("AAAA"));
        _store.Check(Choices("AbAA", "2") with { Metrics = [new Metric("acc", 0.75, null, true)] });
        (ResultKey key, string what) = Assert.Single(_store.Loosened());
        Assert.Equal((Key, "acc 1 → 0.75"), (key, what));
        Assert.Empty(_store.Accept(order: new AcceptOrder(Today)));
        Assert.Equal([1, 1, 1, 1], _store.Read(Key)!.Scores);
        Assert.Single(_store.Accept(order: new AcceptOrder(Today, "the scales are fp16 now")));
        Approval approval = _store.Read(Key)!.Approval!;
        Assert.Equal(("the scales are fp16 now", "acc 1 → 0.75", "2027-02-21"), (approval.Reason, approval.Loosening!.What, approval.Loosening.Expires));
        Assert.NotNull(approval.Shown(new DateOnly(2027, 2, 20)));
        Assert.Null(approval.Shown(new DateOnly(2027, 2, 21)));
    }

    [Fact]
    public void A_wider_margin_is_a_loosening_too_and_a_better_result_is_none()
    {
        Approve(Choices("AbAA", margin: 0.02));
        _store.Check(Choices("AAAA", "2", margin: 0.05));
        Assert.Equal("margin 0.02 → 0.05", Assert.Single(_store.Loosened()).What);
        _store.Check(Choices("AAAA", "2", margin: 0.02));
        Assert.Empty(_store.Loosened());
        Assert.Single(_store.Accept(order: new AcceptOrder(Today)));
    }

    [Fact]
    public void Other_items_are_another_baseline_and_no_loosening()
    {
        Approve(Choices("AAAA"));
        EvalResult now = Choices("AbbA", "2");
        _store.Check(now with { Identity = now.Identity with { Items = Hash("other") } });
        Assert.Empty(_store.Loosened());
    }

    [Fact]
    public void A_file_of_the_first_schema_is_read_and_brought_up_to_date_by_accepting()
    {
        EvalResult result = Choices("AbAA");
        string text = System.Text.Encoding.UTF8.GetString(BaselineText.Write(Baseline.Of(result))).Replace("\"schema\": 2", "\"schema\": 1");
        int numbers = text.IndexOf("  \"numbers\"", StringComparison.Ordinal), metrics = text.IndexOf("  \"metrics\"", StringComparison.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(_store.VerifiedPath(Key))!);
        File.WriteAllText(_store.VerifiedPath(Key), text.Remove(numbers, metrics - numbers));
        Assert.Null(_store.Read(Key)!.Approval);
        Assert.Equal(VerdictKind.Equal, _store.Check(result).Kind);
        Assert.Single(_store.Accept(order: new AcceptOrder(Today)));
        Assert.Equal("2026-11-23", _store.Read(Key)!.Approval!.When);
        Assert.Equal(VerdictKind.Equal, _store.Check(result).Kind);
        Assert.Empty(_store.Received());
    }

    [Fact]
    public void Margins_lie_beside_the_baseline_and_go_with_it()
    {
        Approve(WithMargins("AbAA", 1.5));
        Assert.True(File.Exists(_store.VerifiedMarginsPath(Key)));
        Assert.Equal([Key], _store.Verified());
        Assert.Equal([1.5, -1.5, 1.5, 1.5], _store.Read(Key)!.Margins);
        Approve(Choices("AbAA", "2"), "no margins");
        Assert.False(File.Exists(_store.VerifiedMarginsPath(Key)));
    }

    [Fact]
    public void Margins_of_other_bits_are_refused()
    {
        Approve(WithMargins("AbAA", 1.5));
        File.WriteAllBytes(_store.VerifiedMarginsPath(Key), MarginText.Write([1, 1, 1, 1], Hash("other")));
        Verdict verdict = _store.Compare(WithMargins("AbAA", 1.5));
        Assert.Equal(VerdictKind.Refused, verdict.Kind);
        Assert.Contains("it belongs to a run of other bits", verdict.Words);
    }

    [Fact]
    public void A_thousand_margins_take_less_than_four_kibibytes_and_come_back_within_half_a_step()
    {
        var random = new QuantSuite.Numerics.SeededRandom(4);
        double[] margins = [.. Enumerable.Range(0, 1000).Select(i => i % 100 == 0 ? double.NaN : 20 * (random.NextDouble() - 0.5))];
        byte[] bytes = MarginText.Write(margins, Hash("1"));
        Assert.InRange(bytes.Length, 2000, 4096);
        double[] read = MarginText.Read(bytes, "x", Hash("1"), 1000);
        Assert.All(margins.Zip(read), pair => Assert.True(double.IsNaN(pair.First) ? double.IsNaN(pair.Second) : Math.Abs(pair.First - pair.Second) <= MarginText.Step / 2));
    }

    [Theory]
    [InlineData("\"step\": 0.0009765625", "\"step\": 7", "its step is 7")]
    [InlineData("\"itemCount\": 4", "\"itemCount\": 5", "it holds 4 items, expected 4")]
    [InlineData("\"schema\": 1", "\"schema\": 3", "its schema is 3, expected 1")]
    [InlineData("=\"", "%\"", "")]
    public void Damaged_margins_are_named(string part, string replacement, string message)
    {
        string text = System.Text.Encoding.UTF8.GetString(MarginText.Write([1, 2, 3, 4], "bits"));
        text = text.Contains(part) ? text.Replace(part, replacement) : text.Replace("[\n    \"", "[\n    \"%");
        var error = Assert.Throws<InvalidDataException>(() => MarginText.Read(System.Text.Encoding.UTF8.GetBytes(text), "a file", "bits", 4));
        Assert.Contains(message, error.Message);
        Assert.Contains("a file holds no margins", error.Message);
    }

    [Fact]
    public void Margins_fail_a_row_whose_right_answers_stay_right()
    {
        // 400 items, nothing flips, every right answer loses half a nat.
        string codes = Codes(400, wrong: 100);
        Verdict verdict = Baseline.Of(WithMargins(codes, 2)).Compare(WithMargins(codes, 2, change: -0.5) with { BitsHash = Hash("2") });
        Assert.Equal(VerdictKind.Changed, verdict.Comparison!.ScoreKind);
        Assert.Equal(VerdictKind.Fail, verdict.Kind);
        Assert.Contains("Right answers lost likelihood beyond chance", verdict.Words);
        Assert.Equal(Gate.Alpha / 2, verdict.Comparison.Alpha);
    }

    [Fact]
    public void Margins_alone_never_pass_a_row()
    {
        string before = Codes(200, wrong: 20, start: 180), now = Codes(12, wrong: 12) + before[12..180] + Codes(5) + before[185..];
        EvalResult one = WithMargins(before, 2), other = WithMargins(now, 2) with { BitsHash = Hash("2") };
        other = other with { Items = [.. other.Items.Zip(one.Items, (item, old) => item with { Margin = old.Margin })] };
        Assert.Equal(VerdictKind.Inconclusive, Baseline.Of(one).Compare(other).Kind);
    }

    [Fact]
    public void Beyond_the_handicap_nothing_counts()
    {
        string codes = Codes(400, wrong: 200);
        Verdict verdict = Baseline.Of(WithMargins(codes, 9)).Compare(WithMargins(codes, 9, change: -3) with { BitsHash = Hash("2") });
        Assert.Equal(VerdictKind.Changed, verdict.Kind);
    }

    [Fact]
    public void The_number_contract_is_named_where_it_changed()
    {
        Approve(Choices("AbAA") with { NumberContract = "equal-bits-1" });
        Verdict verdict = _store.Compare(Choices("AbAA", "2") with { NumberContract = "equal-bits-2" });
        Assert.Contains("number contract: approved equal-bits-1, now equal-bits-2", verdict.Differences);
        Assert.Equal(VerdictKind.Changed, verdict.Kind);
    }

    [Fact]
    public void Measured_noise_stays_with_the_baseline_and_widens_its_margin()
    {
        EvalResult one = Choices(Codes(1000)), other = Choices(Codes(1000, wrong: 60), "2");
        NoiseFloor noise = NoiseFloor.Of([one, other, one]);
        Assert.Equal((3, 0.06, false), (noise.RunCount, noise.FlipRate, noise.EqualBits));
        _store.Receive(one, noise);
        Assert.Single(_store.Accept());
        Baseline stored = _store.Read(Key)!;
        Assert.Equal(noise, stored.Noise);
        Assert.Equal(Gate.ShareMargin(1000, 0.06), stored.Gate.Margin);
        _store.Check(other);
        Assert.Equal(noise, _store.ReadReceived(Key)!.Noise);
        Assert.True(NoiseFloor.Of([one, one]).EqualBits);
        Assert.Throws<ArgumentException>(() => NoiseFloor.Of([one]));
    }

    private static EvalResult WithMargins(string codes, double size, double change = 0)
    {
        EvalResult result = Choices(codes);
        return result with { Items = [.. result.Items.Select(item => item with { Margin = (item.Score == 1 ? size : -size) + change })] };
    }
}
