using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Numerics;
using QuantSuite.Tests.Repository;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>The gate tested as a gate: how often it fails what lost nothing, how often it passes what lost more than the margin, and what it can see.</summary>
public sealed class GateCalibrationTests
{
    private const int NullRuns = 10_000;

    // Three standard deviations of a share of 1 % among 10,000 runs.
    private const double Chance = 0.003;

    [Theory]
    [InlineData(200, 0.02)]
    [InlineData(200, 0.05)]
    [InlineData(200, 0.10)]
    [InlineData(1319, 0.02)]
    [InlineData(1319, 0.10)]
    public void Runs_that_lost_nothing_fail_no_more_often_than_alpha(int items, double discordance) => AssertCalibrated(items, discordance, NullRuns);

    [Theory, Trait("Speed", "Slow")]
    [InlineData(1319, 0.05)]
    [InlineData(14_042, 0.02)]
    [InlineData(14_042, 0.05)]
    [InlineData(14_042, 0.10)]
    public void Long_runs_that_lost_nothing_fail_no_more_often_than_alpha(int items, double discordance) => AssertCalibrated(items, discordance, NullRuns);

    private static void AssertCalibrated(int items, double discordance, int runs)
    {
        PairedPopulation population = PairedPopulation.Measured.At(discordance);
        var random = new SeededRandom(5);
        double[] before = new double[items], now = new double[items];
        int fails = 0, shown = 0;
        for (int run = 0; run < runs; run++)
        {
            population.Draw(random, tilt: 0, before, now);
            var drawn = DrawnRuns.Of(before, now);
            fails += GateRules.Fails(drawn) ? 1 : 0;
            shown += Shown(drawn) ? 1 : 0;
        }
        Assert.InRange((double)fails / runs, 0, Gate.Alpha);
        Assert.InRange((double)shown / runs, 0, Gate.Alpha + Chance);
    }

    private static bool Shown(DrawnRuns drawn) => GateRules.All.Single(rule => rule.Name == "QuantSuite shows a loss, with log-likelihood margins").Fails(drawn);

    [Theory]
    [InlineData(200, 0.02)]
    [InlineData(200, 0.10)]
    [InlineData(1319, 0.05)]
    [InlineData(14_042, 0.10)]
    public void The_exact_test_has_the_size_that_enumeration_gives(int items, double discordance)
    {
        double size = PowerAnalysis.PairedExact(items, discordance, 0, Gate.Alpha), simulated = Rejected(items, discordance, 0, 40_000);
        Assert.InRange(size, 0, Gate.Alpha);
        Assert.Equal(size, simulated, 3.5 * Math.Sqrt(size * (1 - size) / 40_000) + 1e-4);
    }

    [Theory]
    [InlineData(200, 0.10, 0.06)]
    [InlineData(1319, 0.02, 0.01)]
    [InlineData(1319, 0.05, 0.01)]
    [InlineData(1319, 0.10, 0.03)]
    [InlineData(14_042, 0.05, 0.006)]
    public void Power_is_within_two_points_of_the_formula(int items, double discordance, double loss) =>
        Assert.Equal(PowerAnalysis.PairedExact(items, discordance, loss, 0.05), Rejected(items, discordance, loss, 10_000, 0.05), 0.02);

    [Fact]
    public void Accuracy_alone_is_blunt()
    {
        // One point at n = 1319 and 5 % discordance, α = 0.05: a coin's chance.
        Assert.Equal(0.45, PowerAnalysis.PairedExact(1319, 0.05, 0.01, 0.05), 0.01);
        Assert.Equal(0.0484, PowerAnalysis.SmallestUnpaired(1319, 0.5, 0.05), 0.0001);
        Assert.Equal(0.0153, PowerAnalysis.SmallestPaired(1319, 0.05, 0.05)!.Value, 0.0003);
    }

    // The exact test on simulated flips: binomial flips, binomial losses among them.
    private static double Rejected(int items, double discordance, double loss, int runs, double alpha = Gate.Alpha)
    {
        var random = new SeededRandom(7);
        double[] flips = Cumulative(PowerAnalysis.Likely(items, discordance).ToArray(), out int first);
        var fewest = new Dictionary<int, int>();
        var lost = new Dictionary<int, double[]>();
        int rejected = 0;
        for (int run = 0; run < runs; run++)
        {
            int k = first + Place(flips, random.NextDouble());
            if (!lost.TryGetValue(k, out double[]? chances))
            {
                lost[k] = chances = Cumulative([.. Enumerable.Range(0, k + 1).Select(b => (b, Binomial.Probability(b, k, (1 + loss / discordance) / 2)))], out _);
                fewest[k] = PowerAnalysis.FewestLost(k, alpha);
            }
            rejected += Place(chances, random.NextDouble()) >= fewest[k] ? 1 : 0;
        }
        return (double)rejected / runs;
    }

    private static double[] Cumulative((int Value, double Probability)[] distribution, out int first)
    {
        first = distribution[0].Value;
        double sum = 0;
        return [.. distribution.Select(entry => sum += entry.Probability)];
    }

    private static int Place(double[] cumulative, double at)
    {
        int place = Array.BinarySearch(cumulative, at);
        return Math.Min(cumulative.Length - 1, place < 0 ? ~place : place + 1);
    }

    [Fact]
    public void A_loss_of_the_margin_passes_no_more_often_than_alpha()
    {
        // Enumeration of all tables at the boundary of non-inferiority: the true loss is the margin.
        foreach ((int items, double discordance) in new[] { (200, 0.08), (1319, 0.05), (1319, 0.10) })
        {
            double margin = Gate.ShareMargin(items), z = NormalDistribution.Critical(Gate.Alpha), passes = 0;
            foreach ((int flips, double chance) in PowerAnalysis.Likely(items, discordance))
                for (int lost = 0; lost <= flips; lost++)
                    if (new PairedOutcomes(items - flips, flips - lost, lost, 0).ScoreStatistic(-margin) > z)
                        passes += chance * Binomial.Probability(lost, flips, (1 + margin / discordance) / 2);
            Assert.InRange(passes, 0, 1.2 * Gate.Alpha);
        }
    }

    [Fact]
    public void The_simulated_rule_is_the_gates_own()
    {
        PairedPopulation population = PairedPopulation.Measured.At(0.08);
        var random = new SeededRandom(11);
        double[] before = new double[300], now = new double[300];
        for (int run = 0; run < 60; run++)
        {
            population.Draw(random, run % 3 / 3.0, before, now);
            for (int i = 0; i < before.Length; i++)
                (before[i], now[i]) = (MarginText.Stored(before[i]), MarginText.Stored(now[i]));
            EvalResult one = Baselines.SampleResults.Choices(Codes(before)), other = Baselines.SampleResults.Choices(Codes(now), "2");
            Comparison comparison = Comparison.Of(With(one, before), With(other, now));
            var drawn = DrawnRuns.Of(before, now);
            Assert.Equal(GateRules.Fails(drawn), comparison.Kind == VerdictKind.Fail);
            Interval guarded = drawn.Nats.Guarded(NormalDistribution.Critical(Gate.Alpha / 2));
            Assert.Equal(guarded.Low, comparison.Margins!.Limits.Low, 2 * MarginText.Step);
        }

        static string Codes(double[] margins) => string.Concat(margins.Select(margin => margin > 0 ? 'A' : 'b'));
        static EvalResult With(EvalResult result, double[] margins) => result with { Items = [.. result.Items.Select((item, i) => item with { Margin = margins[i] })] };
    }

    [Theory]
    [InlineData(0.02, 0)]
    [InlineData(0.10, 0)]
    public void Looking_after_every_item_keeps_alpha(double discordance, double tilt)
    {
        PairedPopulation population = PairedPopulation.Measured.At(discordance);
        var random = new SeededRandom(13);
        double[] before = new double[1319], now = new double[1319];
        int fails = 0;
        for (int run = 0; run < 2000; run++)
        {
            population.Draw(random, tilt, before, now);
            var worse = new ConfidenceSequence(0, above: false);
            for (int i = 0; i < before.Length && worse.P > Gate.Alpha; i++)
                worse.Add((now[i] > 0 ? 1 : 0) - (before[i] > 0 ? 1 : 0));
            fails += worse.P <= Gate.Alpha ? 1 : 0;
        }
        Assert.InRange(fails / 2000.0, 0, Gate.Alpha);
    }

    [Fact]
    public void Plain_rows_stop_early()
    {
        var random = new SeededRandom(17);
        int equal = Used(_ => 0, out VerdictKind same), broken = Used(_ => random.NextDouble() < 0.3 ? -1 : 0, out VerdictKind worse);
        Assert.Equal((VerdictKind.Pass, VerdictKind.Fail), (same, worse));
        Assert.InRange(equal, 100, 700);
        Assert.InRange(broken, 10, 100);

        static int Used(Func<int, double> difference, out VerdictKind kind)
        {
            var watch = new SequentialRun.Watch(0.01);
            for (int i = 0; i < 1319 && watch.Kind == VerdictKind.Inconclusive; i++)
                watch.Add(1, 1 + difference(i));
            kind = watch.Kind;
            return watch.Count;
        }
    }

    [Fact]
    public void The_table_of_200_items_stands_in_the_document() => AssertDocumented(200);

    [Theory, Trait("Speed", "Slow")]
    [InlineData(1319)]
    [InlineData(14_042)]
    public void The_table_of_many_items_stands_in_the_document(int items) => AssertDocumented(items);

    private static void AssertDocumented(int items)
    {
        string rows = new GateTable(items).Rows(items);
        Assert.True(SourceTree.Read("docs/gates.md").Contains(rows, StringComparison.Ordinal), $"docs/gates.md does not hold the rows for {items} items:\n{rows}");
    }
}
