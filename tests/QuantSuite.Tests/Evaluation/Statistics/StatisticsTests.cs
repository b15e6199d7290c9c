using QuantSuite.Evaluation.Statistics;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

public class StatisticsTests
{
    private static readonly double Z = NormalDistribution.Critical(0.01);

    [Fact]
    public void Too_few_values_have_no_standard_error()
    {
        Assert.Null(StandardError.OfMean([]));
        Assert.Null(StandardError.OfMean([1]));
        Assert.Equal(0, StandardError.OfMean([0.1, 0.1, 0.1]));
        Assert.Null(StandardError.OfRatio([], [], []));
        Assert.Null(StandardError.OfRatio([1, 2], [1, 1], ["a", "a"]));
        Assert.Null(StandardError.OfRatio([1, 2], [0, 0], ["a", "b"]));
        Assert.Throws<ArgumentException>(() => StandardError.OfRatio([1, 2], [1, 1], ["a"]));
    }

    [Fact]
    public void A_ratio_over_equal_weights_is_a_mean()
    {
        double[] values = [0.2, 0.9, 0.4, 0.4, 0.8];
        Assert.Equal(StandardError.OfMean(values)!.Value, StandardError.OfRatio(values, [1, 1, 1, 1, 1], ["", "", "", "", ""])!.Value, 1e-15);
    }

    [Fact]
    public void A_clustered_ratio_by_hand()
    {
        // r = −20/10; e_a = (−4 − 5) + 2·4 = −1, e_b = −11 + 2·6 = 1; √(2/1·2)/10.
        Assert.Equal(0.2, StandardError.OfRatio([-4, -11, -5], [1, 6, 3], ["a", "b", "a"])!.Value, 1e-15);
    }

    [Fact]
    public void Tango_mirrors_itself_holds_the_difference_and_survives_small_tables()
    {
        var random = new SeededRandom(2);
        for (int i = 0; i < 500; i++)
        {
            int scale = 1 + random.NextInt(60);
            var table = new PairedOutcomes(random.NextInt(scale), random.NextInt(scale), random.NextInt(scale), 1 + random.NextInt(scale));
            var mirrored = new PairedOutcomes(table.BothWrong, table.OnlySecond, table.OnlyFirst, table.BothRight);
            Interval one = table.Tango(Z), other = -mirrored.Tango(Z);
            Assert.Equal(one.Low, other.Low, 1e-12);
            Assert.Equal(one.High, other.High, 1e-12);
            Assert.InRange(table.Difference, one.Low, one.High);
            Assert.InRange(one.Low, -1, one.High);
            Assert.InRange(one.High, one.Low, 1);
            Interval newcombe = table.Newcombe(Z), mirror = -mirrored.Newcombe(Z);
            Assert.Equal(newcombe.Low, mirror.Low, 1e-12);
            Assert.InRange(table.Difference, newcombe.Low, newcombe.High);
            Assert.Equal(table.McNemarExact(), mirrored.McNemarExact());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(10_000)]
    public void Tango_without_a_flip(int count)
    {
        Interval limits = new PairedOutcomes(count, 0, 0, 0).Tango(Z);
        Assert.Equal(Z * Z / (count + Z * Z), limits.High, 1e-12);
        Assert.Equal(-limits.High, limits.Low, 1e-12);
    }

    [Fact]
    public void Tables_without_items_and_with_nothing_but_flips()
    {
        var none = new PairedOutcomes(0, 0, 0, 0);
        Assert.Equal(new Interval(-1, 1), none.Tango(Z));
        Assert.Equal(new Interval(-1, 1), none.Newcombe(Z));
        Assert.True(double.IsNaN(none.Difference));
        Assert.Equal(1, none.McNemarExact());
        Assert.Equal(1, new PairedOutcomes(0, 20, 0, 0).Tango(Z).High, 1e-12);
    }

    [Fact]
    public void McNemar_stays_exact_with_many_flips()
    {
        // 2·P(X ≤ 4900) for X binomial(10000, ½), by exact integers.
        Assert.Equal(0.0466, new PairedOutcomes(0, 4900, 5100, 0).McNemarExact(), 0.0001);
        Assert.InRange(new PairedOutcomes(0, 100, 5000, 0).McNemarExact(), 0, 1e-300);
    }

    [Fact]
    public void Bootstrap_quantiles_of_one_replicate() => Assert.Equal(new Interval(3, 3), Bootstrap.Percentile([3.0], 0.01, 0.99));
}
