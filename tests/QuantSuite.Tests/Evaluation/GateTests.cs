using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Statistics;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class GateTests
{
    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(60, 0.1)]
    [InlineData(100, 0.0989)]
    [InlineData(200, 0.0587)]
    [InlineData(1000, 0.0196)]
    [InlineData(1319, 0.0164)]
    [InlineData(10_042, 0.01)]
    public void Margins_of_shares(int count, double margin)
    {
        Assert.Equal(margin, Gate.ShareMargin(count));
        Assert.Equal(new Gate(GateKind.RightOrWrong, margin), Gate.For(GateKind.RightOrWrong, count));
    }

    [Fact]
    public void The_margin_of_log_likelihoods_is_one_per_cent_of_perplexity() => Assert.Equal(1.01, Math.Exp(Gate.For(GateKind.LogLikelihood, 3).Margin), 12);

    [Theory]
    [InlineData(200)]
    [InlineData(1000)]
    [InlineData(5000)]
    public void Harmless_flips_pass(int count)
    {
        // 2 % of the items flip, as many up as down: what the margin is made to let through.
        int half = count / 100;
        Interval limits = new PairedOutcomes(count - 2 * half, half, half, 0).Tango(NormalDistribution.Critical(Gate.Alpha));
        Assert.True(limits.Low > -Gate.ShareMargin(count), $"{limits.Low} at {count} items");
    }

    // docs/gates.md prints these.
    [Theory]
    [InlineData(100, 6)]
    [InlineData(200, 6)]
    [InlineData(500, 7)]
    [InlineData(1000, 10)]
    [InlineData(1319, 11)]
    [InlineData(10_042, 78)]
    public void Fewest_lost_items_that_fail(int count, int fewest)
    {
        double z = NormalDistribution.Critical(Gate.Alpha), margin = Gate.ShareMargin(count);
        Interval Limits(int lost) => new PairedOutcomes(count - lost, 0, lost, 0).Tango(z);
        Assert.Equal(fewest, Enumerable.Range(1, count).First(lost => Limits(lost) is { High: < 0 } limits && limits.Low <= -margin));
    }
}
