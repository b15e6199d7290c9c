using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Equality of bits, NaNs compared as a class.</summary>
public static class ExactFloat
{
    public static void AssertEqual(float expected, float actual, string place)
    {
        bool same = float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual);
        Assert.True(same, $"{place}: expected {expected:r}, got {actual:r}");
    }
}
