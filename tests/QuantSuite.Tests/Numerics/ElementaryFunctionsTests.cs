using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Our exp, log, sin and cos keep the error that they state, against the platform's in double.</summary>
public sealed class ElementaryFunctionsTests
{
    [Fact]
    public void FloatExpIsWithinOneUlp()
    {
        double worst = 0;
        // Every 499th float32 from −104 to 88.72, both signs, through the subnormal results.
        foreach ((float last, uint sign) in ((float, uint)[])[(104f, 1u << 31), (88.72f, 0u)])
            for (uint bits = 0; bits <= BitConverter.SingleToUInt32Bits(last); bits += 499)
            {
                float x = BitConverter.UInt32BitsToSingle(bits | sign);
                double exact = Math.Exp(x), ulp = Math.Max(Math.ScaleB(1, Math.ILogB(exact) - 23), float.Epsilon);
                worst = Math.Max(worst, Math.Abs(ElementaryFunctions.Exp(x) - exact) / ulp);
            }
        Assert.True(worst <= 1, $"largest error {worst:F4} ulp");
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-104.5f, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(88.8f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void FloatExpHasItsLimits(float x, float expected) => Assert.Equal(expected, ElementaryFunctions.Exp(x));

    [Fact]
    public void DoubleExpIsWithinTwoUlps() => AssertError(2, Sweep(-745, 709.7), ElementaryFunctions.Exp, Math.Exp);

    [Fact]
    public void DoubleLogIsWithinTwoUlps()
    {
        AssertError(2, Sweep(0.5, 2), ElementaryFunctions.Log, Math.Log);
        AssertError(2, Sweep(-300, 300).Select(exponent => Math.Pow(10, exponent)), ElementaryFunctions.Log, Math.Log);
        Assert.Equal(double.NegativeInfinity, ElementaryFunctions.Log(0));
        Assert.Equal(double.NaN, ElementaryFunctions.Log(-1));
        Assert.Equal(double.PositiveInfinity, ElementaryFunctions.Log(double.PositiveInfinity));
    }

    [Fact]
    public void SinAndCosAreWithinTheirAbsoluteError()
    {
        double worst = 0;
        foreach (double x in Sweep(-10, 10).Concat(Sweep(0, 1e5)).Concat(Sweep(0, 1 << 30)))
        {
            (double sin, double cos) = ElementaryFunctions.SinCos(x);
            worst = Math.Max(worst, Math.Max(Math.Abs(sin - Math.Sin(x)), Math.Abs(cos - Math.Cos(x))));
        }
        Assert.True(worst < 1e-15, $"largest error {worst:E2}");
    }

    [Fact]
    public void PowIsWithinItsRelativeError()
    {
        foreach (double y in Sweep(-4, 4).Take(2000))
        {
            double expected = Math.Pow(10_000, y);
            Assert.InRange(ElementaryFunctions.Pow(10_000, y) / expected - 1, -1e-13, 1e-13);
        }
    }

    private static void AssertError(double ulps, IEnumerable<double> points, Func<double, double> ours, Func<double, double> reference)
    {
        foreach (double x in points)
        {
            double expected = reference(x), ulp = Math.Max(Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected), double.Epsilon);
            Assert.True(Math.Abs(ours(x) - expected) <= ulps * ulp, $"at {x:R}: {ours(x):R}, expected {expected:R}");
        }
    }

    private static IEnumerable<double> Sweep(double first, double last) => Enumerable.Range(0, 20_001).Select(i => first + (last - first) * i / 20_000);
}
