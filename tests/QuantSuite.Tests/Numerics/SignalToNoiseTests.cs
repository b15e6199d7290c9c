using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>
/// Signal to quantization noise of each format on 131,072 independent samples, against figures that were computed independently of this code, and against what theory says: 6.02 dB a
/// bit, 4.40 dB for one bit of a Gaussian. The figures are one draw each, stated to ±0.15 dB. Draws themselves differ by more than that where tails are heavy or groups long (Student's
/// t, int8, g128: 40.2 to 40.6 dB in six draws of a separate program; the same, int4, rows of 4096: 10.4 to 11.5 in ten), so a figure
/// may be three standard deviations of a draw further off, which five draws of ours measure.
/// </summary>
public sealed class SignalToNoiseTests
{
    private const int Count = 1 << 17;
    private const int DrawCount = 5;
    private const double Tolerance = 0.15;

    private static readonly float[][] Gaussians = Draws(Gaussian);
    private static readonly float[][] Laplacians = Draws(random => (random.NextDouble() < 0.5 ? -1 : 1) * Math.Log(1 - random.NextDouble()));
    private static readonly float[][] Students = Draws(random => Gaussian(random) / Math.Sqrt(Enumerable.Range(0, 5).Sum(_ => Math.Pow(Gaussian(random), 2)) / 5));

    /// <summary>Format, group, symmetric, dB on a Gaussian, a Laplacian, Student's t with five degrees of freedom.</summary>
    public static TheoryData<string, int, bool, double, double, double> Oracles => new()
    {
        { "int8", 128, false, 44.6, 42.3, 42.2 },
        { "int6", 128, false, 32.4, 30.1, 30.1 },
        { "int4", 128, false, 20.0, 17.7, 17.6 },
        { "int3", 128, false, 13.4, 11.3, 11.1 },
        { "int2", 128, false, 6.0, 4.9, 4.5 },
        { "int8", 128, true, 43.8, 41.0, 40.6 },
        { "int6", 128, true, 31.6, 28.8, 28.4 },
        { "int4", 128, true, 18.6, 16.0, 15.5 },
        { "int3", 128, true, 11.3, 9.0, 8.4 },
        { "int2", 128, true, 2.3, 2.1, 1.9 },
        { "int8", 4096, false, 41.9, 37.8, 36.1 },
        { "int4", 4096, false, 17.2, 13.3, 11.5 },
        { "int3", 4096, false, 10.6, 7.2, 5.4 },
        { "int2", 4096, false, 3.5, 2.0, 1.2 },
        { "mxint8", 16, true, 42.8, 41.5, 41.6 },
        { "mxint6", 16, true, 30.8, 29.4, 29.5 },
        { "mxint4", 16, true, 18.7, 17.4, 17.5 },
        { "mxint3", 16, true, 12.6, 11.6, 11.5 },
        { "mxint2", 16, true, 6.4, 6.1, 6.0 },
        { "mxint8", 32, true, 41.7, 40.0, 40.1 },
        { "mxint6", 32, true, 29.6, 28.0, 28.1 },
        { "mxint4", 32, true, 17.6, 16.0, 16.0 },
        { "mxint3", 32, true, 11.5, 10.3, 10.2 },
        { "mxint2", 32, true, 5.5, 5.1, 5.0 },
        { "mxint8", 64, true, 41.0, 38.7, 38.6 },
        { "mxint4", 64, true, 17.0, 14.8, 14.5 },
        { "mxint8", 128, true, 40.9, 37.8, 37.1 },
        { "mxint4", 128, true, 16.8, 13.8, 13.1 },
        { "mxfp8_e4m3", 32, true, 30.6, 30.0, 30.0 },
        { "mxfp8_e5m2", 32, true, 25.4, 25.2, 25.2 },
        { "mxfp6_e2m3", 32, true, 30.9, 30.3, 30.4 },
        { "mxfp6_e3m2", 32, true, 25.4, 25.2, 25.2 },
        { "mxfp4", 32, true, 18.8, 17.9, 18.0 },
        { "fp8_e4m3", Count, true, 31.6, 31.5, 31.6 },
        { "nvfp4", 16, true, 20.4, 20.6, 20.7 },
        { "nf4", 64, true, 20.8, 19.7, 19.7 },
        { "binary", 128, false, 4.47, 3.1, 3.5 },
    };

    [Theory]
    [MemberData(nameof(Oracles))]
    public void EqualsTheIndependentFigures(string format, int groupSize, bool symmetric, double gaussian, double laplace, double student)
    {
        NumericFormat own = NumericFormats.Find(format)!;
        foreach ((double expected, float[][] draws) in ((double, float[][])[])[(gaussian, Gaussians), (laplace, Laplacians), (student, Students)])
        {
            double[] decibels = [.. draws.Select(draw => Decibels(own, groupSize, symmetric, draw))];
            double mean = decibels.Average(), deviation = Math.Sqrt(decibels.Sum(value => (value - mean) * (value - mean)) / (DrawCount - 1));
            Assert.Equal(expected, mean, Tolerance + 3 * deviation);
        }
    }

    [Fact]
    public void ABitIsSixDecibels()
    {
        float[] uniform = Draw(9, random => random.NextDouble() - 0.5);
        for (int bits = 5; bits <= 8; bits++)
            Assert.Equal(6.02, Decibels(NumericFormats.Int(bits), Count, false, uniform) - Decibels(NumericFormats.Int(bits - 1), Count, false, uniform), StepsAreOneFewerThanCodes(bits));
    }

    [Fact]
    public void OneBitOfAGaussianIsWorthWhatTheorySays() =>
        Assert.Equal(-10 * Math.Log10(1 - 2 / Math.PI), Decibels(NumericFormats.Binary, Count, true, Gaussians[0]), 0.05);

    // 2ᵇ−1 steps cover the range, not 2ᵇ; ends take half a step each.
    private static double StepsAreOneFewerThanCodes(int bits) => 0.05 + 20 * Math.Log10(((1 << bits) - 1) / (2.0 * ((1 << (bits - 1)) - 1)));

    private static double Decibels(NumericFormat format, int groupSize, bool symmetric, float[] values)
    {
        NumericFormat own = format.ForTensor(values);
        var codes = new byte[groupSize];
        double signal = 0, noise = 0;
        for (int first = 0; first < values.Length; first += groupSize)
        {
            ReadOnlySpan<float> group = values.AsSpan(first, groupSize);
            QuantGrid grid = own.Quantize(group, symmetric, codes);
            for (int i = 0; i < group.Length; i++)
            {
                double error = own.Decode(codes[i], grid) - group[i];
                signal += (double)group[i] * group[i];
                noise += error * error;
            }
        }
        return 10 * Math.Log10(signal / noise);
    }

    private static float[][] Draws(Func<SeededRandom, double> sample) => [.. Enumerable.Range(0, DrawCount).Select(seed => Draw(seed, sample))];

    private static float[] Draw(int seed, Func<SeededRandom, double> sample)
    {
        var random = new SeededRandom((ulong)seed);
        return [.. Enumerable.Range(0, Count).Select(_ => (float)sample(random))];
    }

    private static double Gaussian(SeededRandom random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
