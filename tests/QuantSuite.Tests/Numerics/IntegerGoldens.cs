using System.Text.Json;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>int.json (four conventions of one definition) and int_gptq.json (the same groups through AutoGPTQ's code).</summary>
internal static class IntegerGoldens
{
    public static void CheckConventions(JsonElement golden)
    {
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            (IntegerRange range, bool symmetric) = item.GetProperty("kind").GetString() switch
            {
                "sym_restricted" => (IntegerRange.Standard, true),
                "sym_full" => (IntegerRange.Full, true),
                "asym_widened" => (IntegerRange.Standard, false),
                "asym_tight" => (IntegerRange.Tight, false),
                var kind => throw new InvalidDataException($"unknown convention {kind}"),
            };
            var format = new IntegerFormat(item.GetProperty("bits").GetInt32(), range);
            float[] values = HexFloat.List(golden.GetProperty("inputs")[item.GetProperty("input").GetInt32()]);
            QuantGrid grid = format.Fit(values, symmetric);
            // The file writes restricted symmetric codes around 0.
            int shift = item.GetProperty("kind").GetString() == "sym_restricted" ? format.MiddleCode : 0;
            Assert.Equal(HexFloat.Parse(item.GetProperty("scale")), grid.Scale);
            Assert.Equal(item.GetProperty("zero").GetInt32() + shift, grid.Zero);
            int[] codes = HexFloat.Integers(item.GetProperty("q"));
            CheckValues(format, grid, values, item, i => codes[i] + shift);
        }
    }

    /// <summary>
    /// Two quirks of the reference are its own: the range of a group of zeros is ±1 (both hold zeros), and with sym=true a group without negative values keeps min = 0, so that its
    /// large values clip. Those groups are passed over.
    /// </summary>
    public static void CheckGptq(JsonElement golden, JsonElement inputs)
    {
        int count = 0;
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            bool symmetric = item.GetProperty("sym").GetBoolean();
            float[] values = HexFloat.List(inputs[item.GetProperty("input").GetInt32()]);
            bool isZero = values.All(value => value == 0);
            if (symmetric && !isZero && values.All(value => value >= 0))
                continue;
            var format = new IntegerFormat(item.GetProperty("bits").GetInt32(), symmetric ? IntegerRange.Full : IntegerRange.Standard);
            QuantGrid grid = format.Fit(values, symmetric);
            if (!isZero)
            {
                Assert.Equal(HexFloat.Parse(item.GetProperty("scale")), grid.Scale);
                Assert.Equal(item.GetProperty("zero").GetInt32(), grid.Zero);
            }
            CheckValues(format, grid, values, item, null);
            count++;
        }
        Assert.True(count > 0);
    }

    private static void CheckValues(IntegerFormat format, QuantGrid grid, float[] values, JsonElement item, Func<int, int>? expectedCode)
    {
        for (int i = 0; i < values.Length; i++)
        {
            int code = format.Encode(values[i], grid);
            if (expectedCode is not null)
                Assert.Equal(expectedCode(i), code);
            HexFloat.AssertSameBits(HexFloat.Parse(item.GetProperty("value")[i]), format.Decode(code, grid));
        }
    }
}
