using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

public class VerdictTests
{
    private static Verdict Judge(EvalResult approved, EvalResult now) => Baseline.Of(approved).Compare(now);

    [Theory]
    [InlineData(0, 0, "1", VerdictKind.Equal, false, false)]
    [InlineData(0, 0, "2", VerdictKind.Changed, false, true)]
    [InlineData(1, 0, "2", VerdictKind.Pass, false, true)]
    [InlineData(2, 3, "2", VerdictKind.Pass, false, true)]
    [InlineData(6, 0, "2", VerdictKind.Inconclusive, false, true)]
    [InlineData(7, 0, "2", VerdictKind.Fail, true, true)]
    [InlineData(60, 1, "2", VerdictKind.Fail, true, true)]
    [InlineData(0, 6, "2", VerdictKind.Pass, false, true)]
    [InlineData(0, 7, "2", VerdictKind.Improved, false, true)]
    [InlineData(12, 5, "2", VerdictKind.Inconclusive, false, true)]
    public void Right_or_wrong(int lost, int gained, string bits, VerdictKind kind, bool fails, bool failsStrict)
    {
        // 200 items; the approved run has the last 20 wrong.
        string before = Codes(200, wrong: 20, start: 180);
        string now = Codes(lost, wrong: lost) + before[lost..180] + Codes(gained) + before[(180 + gained)..];
        Verdict verdict = Judge(Choices(before), Choices(now, bits));
        Assert.Equal(kind, verdict.Kind);
        Assert.Equal(fails, verdict.Fails());
        Assert.Equal(failsStrict, verdict.Fails(strict: true));
        Assert.Equal(bits != "1", verdict.BitsDiffer);
        Assert.Equal((lost, gained), (verdict.Comparison!.LostCount, verdict.Comparison.GainedCount));
    }

    [Fact]
    public void Another_wrong_answer_is_changed_and_shown()
    {
        Verdict verdict = Judge(Choices("AAbA"), Choices("AAcA", "2"));
        Assert.Equal(VerdictKind.Changed, verdict.Kind);
        Assert.Contains("commonsense-3: other answer: expected “alpha”, before “beta”, now “gamma”", verdict.Words);
    }

    [Fact]
    public void The_same_bits_with_other_scores_are_judged()
    {
        // The scoring changed, not the model: equal bits alone must not hide it.
        Assert.Equal(VerdictKind.Fail, Judge(Choices(Codes(200)), Choices(Codes(200, wrong: 30))).Kind);
    }

    [Fact]
    public void Numbers_that_are_none_any_more_fail_whatever_the_mean()
    {
        Verdict choice = Judge(Choices(Codes(1000)), Choices("!" + Codes(999), "2"));
        Assert.Equal(VerdictKind.Fail, choice.Kind);
        double[] weights = [.. Enumerable.Repeat(10.0, 50)];
        double[] scores = [.. Enumerable.Repeat(-20.0, 50)];
        Verdict text = Judge(Texts(scores, weights), Texts([double.NaN, .. scores[1..]], weights, "2"));
        Assert.Equal(VerdictKind.Fail, text.Kind);
        Assert.Contains("1 of 50 items", text.Summary);
        // And back: nothing is known of the item before, and the rest did not change.
        Assert.Equal(VerdictKind.Changed, Judge(Choices("!A"), Choices("bA", "2")).Kind);
        Assert.Equal(VerdictKind.Pass, Judge(Texts([double.NaN, .. scores[1..]], weights), Texts(scores, weights, "2")).Kind);
    }

    [Theory]
    [InlineData(-0.2, VerdictKind.Fail)]
    [InlineData(-0.02, VerdictKind.Pass)]
    [InlineData(0.2, VerdictKind.Improved)]
    public void Log_likelihoods(double changePerToken, VerdictKind kind)
    {
        double[] weights = [.. Enumerable.Range(0, 60).Select(i => 50.0 + i)];
        double[] before = [.. weights.Select((w, i) => -2.5 * w - i % 7)];
        double[] now = [.. before.Select((score, i) => score + weights[i] * changePerToken * (0.5 + i % 3 * 0.5))];
        Assert.Equal(kind, Judge(Texts(before, weights, margin: 0.05), Texts(now, weights, "2", margin: 0.05)).Kind);
    }

    [Fact]
    public void A_change_in_the_last_bits_of_a_log_likelihood_is_changed()
    {
        Assert.Equal(VerdictKind.Changed, Judge(Texts([-123.4567, -80.5], [50, 40]), Texts([-123.45670001, -80.5], [50, 40], "2")).Kind);
    }

    [Fact]
    public void One_document_decides_nothing()
    {
        double[] weights = [.. Enumerable.Repeat(100.0, 20)];
        double[] before = [.. Enumerable.Repeat(-250.0, 20)];
        double[] now = [.. before.Select(score => score - 40)];
        Verdict verdict = Judge(Texts(before, weights, cluster: "the only text"), Texts(now, weights, "2", "the only text"));
        Assert.Equal(VerdictKind.Inconclusive, verdict.Kind);
        Assert.Equal(1, verdict.Comparison!.ClusterCount);
    }

    [Fact]
    public void Questions_of_one_passage_are_one_draw()
    {
        // Twenty questions lost, all of one passage: bad luck with that passage is no proof.
        EvalResult before = Choices(Codes(400)), now = Choices(Codes(400, wrong: 20), "2");
        Assert.Equal(VerdictKind.Fail, Judge(before, now).Kind);
        Verdict clustered = Judge(Of(before), Of(now));
        Assert.Equal(VerdictKind.Inconclusive, clustered.Kind);
        Assert.Equal(20, clustered.Comparison!.ClusterCount);

        static EvalResult Of(EvalResult result) => result with { Items = [.. result.Items.Select((item, i) => item with { Cluster = $"passage {i / 20}" })] };
    }

    [Fact]
    public void No_items_and_other_bits_is_no_pass()
    {
        Assert.Equal(VerdictKind.Equal, Judge(Choices(""), Choices("")).Kind);
        Assert.Equal(VerdictKind.Changed, Judge(Choices(""), Choices("", "2")).Kind);
    }

    [Fact]
    public void An_undecided_verdict_tells_how_many_items_would_decide_and_they_do()
    {
        string before = Codes(200, wrong: 20, start: 180);
        string now = Codes(12, wrong: 12) + before[12..180] + Codes(5) + before[185..];
        Comparison few = Judge(Choices(before), Choices(now, "2")).Comparison!;
        Assert.NotNull(few.NeededItemCount);
        int times = (int)Math.Ceiling(few.NeededItemCount.Value / 200 * 1.15);
        Verdict many = Judge(
            Choices(string.Concat(Enumerable.Repeat(before, times)), margin: few.Gate.Margin),
            Choices(string.Concat(Enumerable.Repeat(now, times)), "2", margin: few.Gate.Margin));
        Assert.NotEqual(VerdictKind.Inconclusive, many.Kind);
        Assert.Contains("items cannot tell; about", Judge(Choices(before), Choices(now, "2")).Summary);
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "task version", "task version: approved 1, now 2" },
        { "setting", "setting limit: approved (none), now 100" },
        { "items", "items: approved " },
        { "prompts", "prompts: approved " },
        { "tokenizer", "tokenizer: approved " },
        { "item count", "item count: approved 4, now 3" },
        { "gate", "gate: approved RightOrWrong, now Score" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public void Other_questions_are_refused_and_named(string what, string words)
    {
        EvalResult approved = Choices("AbAA"), same = Choices("AbAA", "2");
        EvalResult now = what switch
        {
            "task version" => same with { TaskVersion = 2 },
            "setting" => same with { Settings = new Dictionary<string, string> { ["shots"] = "0", ["limit"] = "100" } },
            "items" => same with { Identity = same.Identity with { Items = Hash("other") } },
            "prompts" => same with { Identity = same.Identity with { Prompts = Hash("other") } },
            "tokenizer" => same with { Identity = same.Identity with { Tokenizer = Hash("other") } },
            "item count" => same with { Items = [.. same.Items.Take(3)] },
            _ => same with { Gate = new Gate(GateKind.Score, 0.01) },
        };
        Verdict verdict = Judge(approved, now);
        Assert.Equal(VerdictKind.Refused, verdict.Kind);
        Assert.Null(verdict.Comparison);
        Assert.True(verdict.Fails());
        Assert.Contains(words, verdict.Words);
        Assert.Contains("accept --filter", SuiteCommands.Below(verdict, now));
        // Refused even with equal bits: they are bits of something else.
        Assert.Equal(VerdictKind.Refused, Judge(approved, now with { BitsHash = approved.BitsHash }).Kind);
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("recipe internals")]
    [InlineData("calibration")]
    public void What_a_gate_is_for_is_compared_and_named(string what)
    {
        EvalResult now = Choices("AbAA", "2");
        ResultIdentity identity = what switch
        {
            "weights" => now.Identity with { Weights = Hash("other") },
            "calibration" => now.Identity with { Calibration = Hash("other") },
            _ => now.Identity with { Recipe = Hash("other") },
        };
        Verdict verdict = Judge(Choices("AbAA"), now with { Identity = identity });
        Assert.Equal(VerdictKind.Changed, verdict.Kind);
        Assert.Contains(verdict.Differences, difference => difference.StartsWith(what + ": approved ", StringComparison.Ordinal));
        Assert.Contains($"other than approved: {what}", verdict.Words);
    }

    [Fact]
    public void The_engine_is_what_is_under_test_and_is_not_named()
    {
        EvalResult now = Choices("AbAA");
        Assert.Empty(Judge(Choices("AbAA"), now with { Identity = now.Identity with { Engine = Hash("other") } }).Differences);
    }

    [Fact]
    public void The_approved_margin_counts()
    {
        string before = Codes(1000), now = Codes(1000, wrong: 40);
        Verdict verdict = Judge(Choices(before, margin: 0.01), Choices(now, "2", margin: 0.5));
        Assert.Equal(VerdictKind.Fail, verdict.Kind);
        Assert.Equal(0.01, verdict.Comparison!.Gate.Margin);
        Assert.Contains("margin: approved 0.01, which counts; now 0.5", verdict.Words);
    }

    [Fact]
    public void Full_precision_is_compared_the_same_way()
    {
        EvalResult full = Choices("AAAA") with { Recipe = "fp32" }, now = Choices("AbA" + "A", "2");
        var comparison = Comparison.Of(full, now);
        Assert.Equal((1, 0, -0.25), (comparison.LostCount, comparison.GainedCount, comparison.Change));
        Assert.Equal("alpha", Assert.Single(comparison.Changes).Before);
        Assert.Throws<ArgumentException>(() => Comparison.Of(full with { TaskVersion = 2 }, now));
    }

    [Fact]
    public void A_comparison_the_other_way_round_mirrors_itself()
    {
        var random = new QuantSuite.Numerics.SeededRandom(3);
        double[] weights = [.. Enumerable.Range(0, 40).Select(_ => 20.0 + random.NextInt(100))];
        double[] one = [.. weights.Select(w => -w * (2 + random.NextDouble()))], other = [.. one.Select(s => s + 5 * (random.NextDouble() - 0.6))];
        var there = Comparison.Of(Texts(one, weights), Texts(other, weights, "2"));
        var back = Comparison.Of(Texts(other, weights, "2"), Texts(one, weights));
        Assert.Equal(there.Change, -back.Change, 12);
        Assert.Equal(there.Limits.Low, -back.Limits.High, 6);
        Assert.Equal(there.Limits.High, -back.Limits.Low, 6);
        Assert.Equal((there.LostCount, there.GainedCount), (back.GainedCount, back.LostCount));
    }
}
