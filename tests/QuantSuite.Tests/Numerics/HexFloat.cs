using System.Globalization;
using System.Text.Json;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>float32 values that reference files write as the hex text of their bits.</summary>
internal static class HexFloat
{
    public static float Parse(JsonElement bits) => BitConverter.UInt32BitsToSingle(uint.Parse(bits.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public static float[] List(JsonElement list) => [.. list.EnumerateArray().Select(Parse)];

    public static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];

    /// <summary>NaNs are one class.</summary>
    public static void AssertSameBits(float expected, float actual)
    {
        if (!float.IsNaN(expected) || !float.IsNaN(actual))
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(actual));
    }
}
