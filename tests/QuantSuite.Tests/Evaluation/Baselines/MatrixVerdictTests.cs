using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Numerics;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

/// <summary>Many rows together: no alarm that their number explains, and one verdict over all of their items.</summary>
public sealed class MatrixVerdictTests
{
    private static (Verdict, EvalResult) Row(string task, string before, string now, bool sameItems = false)
    {
        EvalResult one = Named(Choices(before), task, sameItems), other = Named(Choices(now, "2"), task, sameItems);
        return (Baseline.Of(one).Compare(other), other);
    }

    private static EvalResult Named(EvalResult result, string task, bool sameItems) =>
        result with { Task = task, Items = [.. result.Items.Select(item => sameItems ? item : item with { Prompt = $"{task}: {item.Prompt}" })] };

    [Fact]
    public void A_row_that_barely_fails_is_explained_by_a_hundred_others()
    {
        string right = Codes(200);
        (Verdict, EvalResult)[] rows = [Row("unlucky", right, Codes(200, wrong: 7)), .. Enumerable.Range(0, 99).Select(i => Row($"t{i}", right, Codes(200, wrong: 1)))];
        var matrix = MatrixVerdict.Of(rows);
        Assert.Equal(VerdictKind.Fail, matrix.Rows[0].Verdict.Kind);
        Assert.False(matrix.Rows[0].FailsInFamily);
        var broken = MatrixVerdict.Of([Row("broken", right, Codes(200, wrong: 40)), .. rows[1..]]);
        Assert.True(broken.Rows[0].FailsInFamily);
    }

    [Fact]
    public void A_loss_that_is_spread_too_thinly_for_any_row_is_seen_by_all_together()
    {
        string right = Codes(200);
        var matrix = MatrixVerdict.Of([.. Enumerable.Range(0, 20).Select(i => Row($"t{i}", right, Codes(200, wrong: 3)))]);
        Assert.All(matrix.Rows, row => Assert.NotEqual(VerdictKind.Fail, row.Verdict.Kind));
        PooledVerdict pooled = Assert.Single(matrix.Pooled);
        Assert.Equal(VerdictKind.Fail, pooled.Kind);
        Assert.Equal((20, 4000, -0.015), (pooled.TaskCount, pooled.Parts[0].ItemCount, Math.Round(pooled.Parts[0].Change, 9)));
    }

    [Fact]
    public void Items_that_tasks_share_are_one_draw()
    {
        string right = Codes(100), some = Codes(100, wrong: 5);
        PooledPart apart = MatrixVerdict.Of([.. Enumerable.Range(0, 4).Select(i => Row($"t{i}", right, some))]).Pooled[0].Parts[0];
        PooledPart shared = MatrixVerdict.Of([.. Enumerable.Range(0, 4).Select(i => Row($"t{i}", right, some, sameItems: true))]).Pooled[0].Parts[0];
        Assert.Equal((400, 400), (apart.ItemCount, apart.ClusterCount));
        Assert.Equal((400, 100), (shared.ItemCount, shared.ClusterCount));
        Assert.True(shared.Limits.Low < apart.Limits.Low && shared.Limits.High > apart.Limits.High);
    }

    [Fact]
    public void Equal_rows_pool_to_equal_and_broken_items_fail()
    {
        EvalResult same = Choices("AbAA");
        Assert.Equal(VerdictKind.Equal, MatrixVerdict.Of([(Baseline.Of(same).Compare(same), same)]).Pooled[0].Kind);
        EvalResult broken = Choices("!bAA", "2");
        Assert.Equal(VerdictKind.Fail, MatrixVerdict.Of([(Baseline.Of(same).Compare(broken), broken)]).Pooled[0].Kind);
    }

    [Fact]
    public void Exchangeable_runs_of_a_whole_matrix_rarely_alarm()
    {
        var random = new SeededRandom(9);
        int alarms = 0;
        for (int trial = 0; trial < 100; trial++)
        {
            (Verdict, EvalResult)[] rows = [.. Enumerable.Range(0, 10).Select(task => Row($"t{task}", Flipped(random), Flipped(random)))];
            var matrix = MatrixVerdict.Of(rows);
            alarms += matrix.Rows.Any(row => row.FailsInFamily) || matrix.Pooled[0].Kind == VerdictKind.Fail ? 1 : 0;
        }
        Assert.InRange(alarms, 0, 4);

        static string Flipped(SeededRandom random) => string.Concat(Enumerable.Range(0, 100).Select(i => random.NextDouble() < 0.03 || i % 3 == 0 ? 'b' : 'A'));
    }
}
