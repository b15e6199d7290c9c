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
    public void TanhAndErfAreWithinTwoUlps()
    {
        AssertUlps(2, ElementaryFunctions.Tanh, Math.Tanh, 12);
        // The double that the float result is held against comes from our own series: 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n!(2n+1)).
        AssertUlps(2, ElementaryFunctions.Erf, ErrorFunction, 3);
        Assert.Equal(1, ElementaryFunctions.Erf(5));
        Assert.Equal(-1, ElementaryFunctions.Erf(float.NegativeInfinity));
        Assert.Equal(-1, ElementaryFunctions.Tanh(float.NegativeInfinity));
        Assert.True(float.IsNaN(ElementaryFunctions.Tanh(float.NaN)));
        Assert.True(float.IsNaN(ElementaryFunctions.Erf(float.NaN)));
    }

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

    private static void AssertUlps(double limit, Func<float, float> function, Func<double, double> exact, float largest)
    {
        double worst = 0;
        for (uint bits = BitConverter.SingleToUInt32Bits(1e-10f); bits <= BitConverter.SingleToUInt32Bits(largest); bits += 1499)
        {
            float x = BitConverter.UInt32BitsToSingle(bits);
            double expected = exact(x), ulp = Math.ScaleB(1, Math.ILogB(expected) - 23);
            worst = Math.Max(worst, Math.Abs(function(x) - expected) / ulp);
            Assert.Equal(-function(x), function(-x));
        }
        Assert.True(worst <= limit, $"largest error {worst:F4} ulp");
    }

    private static double ErrorFunction(double x)
    {
        double sum = 0, term = x;
        for (int n = 0; n < 80; n++, term *= -x * x / n)
            sum += term / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
