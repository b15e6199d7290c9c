using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

public class PairedRatioTests
{
    private static readonly double Z = NormalDistribution.Critical(Gate.Alpha);

    private static PairedRatio Of(params double[] changes) => new(changes, [.. changes.Select(_ => 1.0)], [.. changes.Select(_ => "")]);

    private static Interval Limits(PairedRatio ratio, ulong seed = 1) => ratio.Limits(Gate.Alpha, seed);

    [Fact]
    public void Nothing_to_compare()
    {
        Assert.Equal(new Interval(double.NegativeInfinity, double.PositiveInfinity), Limits(Of()));
        Assert.True(double.IsNaN(Of().Change));
        Assert.Equal(new Interval(0, 0), Limits(Of(0, 0, 0)));
        Assert.Equal(new Interval(double.NegativeInfinity, double.PositiveInfinity), Limits(new PairedRatio([1], [0], [""])));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(6, true)]
    [InlineData(7, false)]
    [InlineData(60, false)]
    public void Alike_changes_are_certain_from_where_a_sign_test_says_so(int count, bool holdsZero)
    {
        Interval limits = Limits(Of([.. Enumerable.Repeat(-0.3, count)]));
        Assert.Equal(holdsZero, limits.High >= 0);
        Assert.True(limits.Low < -0.3);
    }

    [Fact]
    public void One_change_among_zeros_is_no_certainty()
    {
        Interval limits = Limits(Of([-1, .. Enumerable.Repeat(0.0, 199)]));
        Assert.True(limits.High > 0);
        Assert.True(limits.Low < -0.02, $"{limits.Low}");
    }

    [Fact]
    public void Without_a_flip_the_guard_would_be_Tangos()
    {
        // One +1 and one −1 among 200: the score interval of the same table is close to it.
        Interval guard = Of([1, -1, .. Enumerable.Repeat(0.0, 198)]).Guarded(Z), tango = new PairedOutcomes(198, 1, 1, 0).Tango(Z);
        Assert.Equal(tango.High, guard.High, 0.001);
        Assert.Equal(tango.Low, guard.Low, 0.001);
    }

    [Fact]
    public void Items_of_a_cluster_are_drawn_together()
    {
        var random = new SeededRandom(4);
        double[] byDocument = [.. Enumerable.Range(0, 20).Select(_ => random.NextDouble() - 0.5)];
        double[] changes = [.. Enumerable.Range(0, 200).Select(i => byDocument[i / 10])];
        double[] weights = [.. changes.Select(_ => 1.0)];
        Interval clustered = Limits(new PairedRatio(changes, weights, [.. Enumerable.Range(0, 200).Select(i => $"d{i / 10}")]));
        Interval naive = Limits(new PairedRatio(changes, weights, [.. changes.Select(_ => "")]));
        Interval documents = Limits(Of(byDocument));
        Assert.True(clustered.High - clustered.Low > 2 * (naive.High - naive.Low));
        Assert.Equal(documents.Low, clustered.Low, 1e-12);
        Assert.Equal(documents.High, clustered.High, 1e-12);
    }

    [Fact]
    public void Seeds_decide_and_scales_do_not()
    {
        var random = new SeededRandom(6);
        double[] changes = [.. Enumerable.Range(0, 50).Select(_ => random.NextDouble() - 0.4)];
        Assert.Equal(Limits(Of(changes), 9), Limits(Of(changes), 9));
        Interval scaled = Limits(Of([.. changes.Select(x => 1000 * x)]), 9);
        Assert.Equal(1000 * Limits(Of(changes), 9).Low, scaled.Low, 1e-9);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(30)]
    public void One_sided_limits_are_wrong_about_as_seldom_as_they_say(int clusterCount)
    {
        // 400 skewed samples (exponential less its mean) of true change 0; at 1 % each side 4 misses are due, 12 would be 4 standard errors.
        var random = new SeededRandom(8);
        int above = 0, below = 0;
        for (int sample = 0; sample < 400; sample++)
        {
            Interval limits = Of([.. Enumerable.Range(0, clusterCount).Select(_ => -Math.Log(1 - random.NextDouble()) - 1)]).Guarded(Z);
            above += limits.Low > 0 ? 1 : 0;
            below += limits.High < 0 ? 1 : 0;
        }
        Assert.True(above <= 12 && below <= 12, $"{above} above, {below} below");
    }

    [Fact]
    public void Wrong_lengths_are_named() => Assert.Throws<ArgumentException>(() => new PairedRatio([1, 2], [1], ["", ""]));
}
