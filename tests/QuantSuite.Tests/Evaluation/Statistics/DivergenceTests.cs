using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>Divergences of distributions, and what a stored top-k proves about them.</summary>
public sealed class DivergenceTests
{
    private static float[] Logits(SeededRandom random, int count, double spread) => [.. Enumerable.Range(0, count).Select(_ => (float)(spread * (random.NextDouble() - 0.5)))];

    [Fact]
    public void By_hand()
    {
        // b = (½, ½), q = (¾, ¼).
        TokenDivergence token = TokenDivergence.Of([0, 0], [(float)Math.Log(3), 0], 1);
        Assert.Equal(0.5 * Math.Log(0.5 / 0.75) + 0.5 * Math.Log(0.5 / 0.25), token.Kl, 1e-7);
        Assert.Equal(0.75 * Math.Log(1.5) + 0.25 * Math.Log(0.5), token.ReverseKl, 1e-7);
        Assert.Equal(-0.25, token.DeltaP, 1e-7);
        Assert.True(token.SameTop);
        Assert.False(TokenDivergence.Of([0, 1], [1, 0], 0).SameTop);
        Assert.Throws<ArgumentException>(() => TokenDivergence.Of([0, 0], [0], 0));
    }

    [Fact]
    public void Equal_rows_do_not_diverge_and_bounds_hold()
    {
        var random = new SeededRandom(1);
        for (int i = 0; i < 50; i++)
        {
            float[] b = Logits(random, 300, 12), q = [.. b.Select(logit => logit + (float)(random.NextDouble() - 0.5))];
            TokenDivergence same = TokenDivergence.Of(b, b, 3), other = TokenDivergence.Of(b, q, 3);
            Assert.Equal((0, 0, 0), (same.Kl, same.ReverseKl, same.JensenShannon));
            Assert.InRange(other.JensenShannon, 0, Math.Min(Math.Log(2), 0.5 * (other.Kl + other.ReverseKl)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(300)]
    public void A_stored_top_k_bounds_the_divergence_from_below(int k)
    {
        var random = new SeededRandom(2);
        double sum = 0, bounds = 0;
        for (int i = 0; i < 200; i++)
        {
            float[] b = Logits(random, 300, 20), q = [.. b.Select(logit => logit + 3 * (float)(random.NextDouble() - 0.5))];
            double kl = TokenDivergence.Of(b, q, 0).Kl;
            var stored = CoarseDistribution.Of(b, k);
            double bound = stored.LowerBound(q);
            Assert.InRange(bound, 0, kl + 1e-9);
            sum += kl;
            bounds += bound;
            // Rounded to a step, the bound gives way by more than the rounding can have raised it.
            const double step = 1.0 / 64;
            var rounded = stored with { LogP = [.. stored.LogP.Select(logP => Math.Round(logP / step) * step)] };
            Assert.InRange(rounded.LowerBound(q, step / 2), 0, kl + 1e-9);
        }
        Assert.True(k == 1 || bounds > 0.3 * sum);
    }

    [Fact]
    public void A_file_of_distributions_is_small_comes_back_and_is_checked()
    {
        var random = new SeededRandom(6);
        CoarseDistribution[] positions = [.. Enumerable.Range(0, 100).Select(_ => CoarseDistribution.Of(Logits(random, 1000, 20), 64))];
        int[][] sequences = [[1, 2, 3], [4]];
        using var folder = new TestFolder();
        string path = folder["a.dist"];
        new DistributionFile(1000, "model · fp32", DistributionFile.HashOf(sequences), positions).Write(path);
        Assert.InRange(new FileInfo(path).Length / 100.0, 320, 410);
        DistributionFile read = DistributionFile.Read(path);
        Assert.Equal(("model · fp32", 1000, DistributionFile.HashOf(sequences)), (read.Origin, read.VocabularySize, read.SequencesHash));
        foreach ((CoarseDistribution one, CoarseDistribution other) in positions.Zip(read.Positions))
        {
            Assert.Equal(one.Tokens, other.Tokens);
            Assert.All(one.LogP.Zip(other.LogP), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, DistributionFile.Slack));
        }
        Assert.NotEqual(DistributionFile.HashOf(sequences), DistributionFile.HashOf([[1, 2], [3, 4]]));
        byte[] bytes = File.ReadAllBytes(path);
        foreach ((int at, byte value) in new (int, byte)[] { (0, 0), (11, 255), (15, 255), (19, 255), (55, 255) })
        {
            byte[] damaged = [.. bytes];
            damaged[at] = value;
            File.WriteAllBytes(path, damaged);
            Assert.Throws<InvalidDataException>(() => DistributionFile.Read(path));
        }
        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Throws<InvalidDataException>(() => DistributionFile.Read(path));
    }

    [Fact]
    public void Top_k_is_in_order_with_lower_ids_first() => Assert.Equal([2, 1, 3], CoarseDistribution.Of([0, 5, 7, 5, -1], 3).Tokens);

    [Fact]
    public void A_summary_names_its_figures_as_llama_cpp_does()
    {
        var random = new SeededRandom(3);
        var summary = new DivergenceSummary();
        for (int i = 0; i < 400; i++)
        {
            float[] b = Logits(random, 50, 10), q = [.. b.Select(logit => logit + (float)(random.NextDouble() - 0.5))];
            summary.Add(TokenDivergence.Of(b, q, random.NextInt(50)), $"{i / 50}");
        }
        string[] names = [.. summary.Metrics().Select(metric => metric.Name)];
        Assert.Contains("Mean KLD", names);
        Assert.Contains("99.9% KLD", names);
        Assert.Contains("Median KLD", names);
        Assert.Contains("RMS Δp", names);
        Assert.Contains("Same top p", names);
        Assert.Contains("Mean ln(PPL(Q)/PPL(base))", names);
        Assert.Equal(summary.Tokens.Average(token => token.Kl), summary.MeanKl.Value, 1e-12);
        Assert.Equal(Math.Sqrt(summary.Tokens.Average(token => token.DeltaP * token.DeltaP)), summary.RmsDeltaP.Value, 1e-12);
        Assert.NotNull(summary.MeanKl.StandardError);
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Sign_flips_by_hand_and_by_draw()
    {
        Assert.Equal(1, SignFlip.LossP([], 1));
        Assert.Equal(1 / 8.0, SignFlip.LossP([-1, -2, -3], 1));
        Assert.Equal(1, SignFlip.LossP([1, 2, 3], 1));
        Assert.Equal(1 / 64.0, SignFlip.LossP([0, -1, -1, -1, -1, -1, -1, 0], 1));
        double[] many = [.. Enumerable.Repeat(-1.0, 60), .. Enumerable.Repeat(1.0, 40)];
        Assert.Equal(Binomial.UpperTail(60, 100, 0.5), SignFlip.LossP(many, 5), 0.006);
    }

    [Fact]
    public void What_is_left_above_chance_has_limits_only_where_there_was_something()
    {
        double[] chance = [.. Enumerable.Repeat(0.25, 400)], full = [.. Enumerable.Range(0, 400).Select(i => i % 4 == 3 ? 0.0 : 1)], now = [.. full.Select((score, i) => i % 10 == 0 ? 0 : score)];
        (double share, Interval limits) = AboveChance.Retained(now, full, chance, 1.96);
        Assert.Equal((now.Average() - 0.25) / 0.5, share, 1e-12);
        Assert.InRange(limits.Low, 0.7, share);
        Assert.InRange(limits.High, share, 1);
        double[] random = [.. Enumerable.Range(0, 400).Select(i => i % 4 == 3 ? 1.0 : 0)];
        Assert.True(double.IsInfinity(AboveChance.Retained(now, random, chance, 1.96).Limits.Low));
        Assert.Equal(0, AboveChance.Normalize(0.25, 0.25));
        Assert.Equal(1, AboveChance.Normalize(1, 0.25));
    }
}
