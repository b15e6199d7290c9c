using System.Globalization;
using QuantSuite.Numerics;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>
/// Real paired differences to simulate gates from: the log-likelihood margins of 2,000 items of SmolLM2-135M at full precision, int4 and int3 (paired-smollm2.tsv), as 4,000 pairs of
/// (before, now). A stated discordance is made by scaling every pair's difference by one factor, so that flips and margins shrink together as they do when
/// a recipe gets better. A loss is made by orientation: each pair is turned so that <c>now</c> is the worse side with chance (1 + tilt)/2; at tilt 0 the two
/// runs are exchangeable, which is the null hypothesis exactly, and at tilt 1 every difference is a loss.
/// </summary>
public sealed class PairedPopulation
{
    private readonly double[] _before, _change;

    private PairedPopulation(double[] before, double[] change) => (_before, _change) = (before, change);

    /// <summary>The pairs as measured.</summary>
    public static PairedPopulation Measured { get; } = Read();

    /// <summary>Pairs.</summary>
    public int Count => _before.Length;

    /// <summary>The share of pairs that flip.</summary>
    public double Discordance => Enumerable.Range(0, Count).Count(i => _before[i] > 0 != _before[i] + _change[i] > 0) / (double)Count;

    /// <summary>The share of items that are right, over both sides.</summary>
    public double Accuracy => Enumerable.Range(0, Count).Sum(i => (_before[i] > 0 ? 0.5 : 0) + (_before[i] + _change[i] > 0 ? 0.5 : 0)) / Count;

    /// <summary>The same pairs, scaled until so many flip.</summary>
    public PairedPopulation At(double discordance)
    {
        double low = 0, high = 3;
        for (int step = 0; step < 50; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = Scaled(middle).Discordance < discordance ? (middle, high) : (low, middle);
        }
        return Scaled(high);
    }

    /// <summary>Draws a run of n items before and now; margins, positive where right.</summary>
    public void Draw(SeededRandom random, double tilt, double[] before, double[] now)
    {
        for (int i = 0; i < before.Length; i++)
        {
            int k = random.NextInt(Count);
            double one = _before[k], other = one + _change[k];
            bool worse = random.NextDouble() < (1 + tilt) / 2;
            (before[i], now[i]) = worse ? (Math.Max(one, other), Math.Min(one, other)) : (Math.Min(one, other), Math.Max(one, other));
        }
    }

    private PairedPopulation Scaled(double factor) => new(_before, [.. _change.Select(change => factor * change)]);

    private static PairedPopulation Read()
    {
        string path = Path.Combine(Goldens.RepositoryRoot, "tests", "QuantSuite.Tests", "Evaluation", "Statistics", "paired-smollm2.tsv");
        double[][] rows = [.. File.ReadLines(path).Where(line => !line.StartsWith('#')).Skip(1)
            .Select(line => line.Split('\t')[1..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray())];
        return new PairedPopulation([.. rows.Select(row => row[0]), .. rows.Select(row => row[0])], [.. rows.Select(row => row[1] - row[0]), .. rows.Select(row => row[2] - row[0])]);
    }
}
