using QuantSuite.Evaluation.Statistics;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>Values of CPython's math.erfc and statistics.NormalDist (AS 241).</summary>
public class NormalDistributionTests
{
    [Theory]
    [InlineData(-38, 2.88542835e-316, 1e-7)]
    [InlineData(-10, 7.619853024160593e-24, 1e-14)]
    [InlineData(-5, 2.866515718791946e-07, 1e-14)]
    [InlineData(-2.6, 0.004661188023718751, 1e-14)]
    [InlineData(-2.4, 0.008197535924596138, 1e-13)]
    [InlineData(-1, 0.15865525393145707, 1e-15)]
    [InlineData(0, 0.5, 0)]
    [InlineData(0.5, 0.6914624612740131, 1e-15)]
    [InlineData(1, 0.8413447460685429, 1e-15)]
    [InlineData(2.4, 0.9918024640754038, 1e-15)]
    [InlineData(2.6, 0.9953388119762813, 1e-15)]
    [InlineData(8, 0.9999999999999993, 1e-15)]
    public void Cdf(double x, double expected, double relative) =>
        Assert.InRange(NormalDistribution.Cdf(x), expected * (1 - relative) - double.Epsilon, expected * (1 + relative) + double.Epsilon);

    [Theory]
    [InlineData(1e-300, -37.0470962993612)]
    [InlineData(1e-20, -9.262340089798405)]
    [InlineData(1e-5, -4.2648907939228256)]
    [InlineData(0.01, -2.3263478740408408)]
    [InlineData(0.025, -1.9599639845400538)]
    [InlineData(0.3, -0.5244005127080407)]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.9599639845400536)]
    [InlineData(0.99, 2.3263478740408408)]
    public void Quantile(double p, double expected) => Assert.Equal(expected, NormalDistribution.Quantile(p), 1e-14 * Math.Max(1, Math.Abs(expected)));

    [Fact]
    public void Ends_and_what_is_no_probability()
    {
        Assert.Equal(double.NegativeInfinity, NormalDistribution.Quantile(0));
        Assert.Equal(double.PositiveInfinity, NormalDistribution.Quantile(1));
        Assert.All([-0.1, 1.1, double.NaN], p => Assert.True(double.IsNaN(NormalDistribution.Quantile(p))));
        Assert.Equal((0.0, 1.0), (NormalDistribution.Cdf(double.NegativeInfinity), NormalDistribution.Cdf(double.PositiveInfinity)));
        Assert.True(double.IsNaN(NormalDistribution.Cdf(double.NaN)));
    }

    [Fact]
    public void Quantile_undoes_cdf()
    {
        for (double x = -8; x <= 5; x += 0.01)
            Assert.Equal(x, NormalDistribution.Quantile(NormalDistribution.Cdf(x)), 2e-9);
    }
}
