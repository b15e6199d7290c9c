using System.Text.Json;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Formats whose scale is the point: ternary means, microscaling's powers of two, NVFP4's two levels.</summary>
internal static class GroupGoldens
{
    /// <summary>Scales within 1e-6: the order of a mean's sum is free.</summary>
    public static void CheckTernary(JsonElement golden)
    {
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
            foreach ((string kind, string name) in ((string, string)[])[("absmean", "ternary"), ("twn", "twn")])
            {
                NumericFormat format = NumericFormats.Find(name)!;
                JsonElement expected = item.GetProperty(kind);
                (QuantGrid grid, byte[] codes) = Quantize(format, HexFloat.List(item.GetProperty("input")));
                float scale = HexFloat.Parse(expected.GetProperty("scale"));
                Assert.Equal(scale, grid.Scale, 1e-6f * scale);
                Assert.Equal(HexFloat.Integers(expected.GetProperty("q")), codes.Select(code => (int)format.Values[code]));
                if (expected.TryGetProperty("value", out JsonElement values))
                    Assert.All(codes.Zip(HexFloat.List(values)), pair => Assert.Equal(pair.Second, format.Decode(pair.First, grid), 1e-6f * scale));
            }
    }

    public static void CheckMicroscaling(JsonElement golden)
    {
        CheckBlocks(HexFloat.List(golden.GetProperty("input")), golden.GetProperty("cases").EnumerateArray());
        foreach (JsonElement item in golden.GetProperty("ragged").GetProperty("cases").EnumerateArray())
            CheckBlocks([.. HexFloat.List(golden.GetProperty("input")).Take(item.GetProperty("codes").GetArrayLength())], item);
    }

    public static void CheckNvfp4(JsonElement golden)
    {
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            float[] input = HexFloat.List(item.GetProperty("input"));
            int[] scales = HexFloat.Integers(item.GetProperty("scales")), codes = HexFloat.Integers(item.GetProperty("codes"));
            NumericFormat format = NumericFormats.Nvfp4.ForTensor(input);
            HexFloat.AssertSameBits(HexFloat.Parse(item.GetProperty("global_scale")), format.TensorDivisor);
            for (int block = 0; block < scales.Length; block++)
            {
                (QuantGrid grid, byte[] ours) = Quantize(format, input[(block * 16)..(block * 16 + 16)]);
                HexFloat.AssertSameBits(NumericFormats.Fp8E4M3.Values[scales[block]] / format.TensorDivisor, grid.Scale);
                Assert.Equal(codes[(block * 16)..(block * 16 + 16)], ours.Select(code => (int)code));
                for (int i = 0; i < 16; i++)
                    HexFloat.AssertSameBits(HexFloat.Parse(item.GetProperty("values")[block * 16 + i]), format.Decode(ours[i], grid));
            }
        }
    }

    private static void CheckBlocks(float[] input, params IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            string element = item.GetProperty("element").GetString()!;
            NumericFormat format = NumericFormats.Find(element == "fp4_e2m1" ? "mxfp4" : $"mx{element}")!;
            int size = item.GetProperty("block").GetInt32();
            for (int first = 0, block = 0; first < input.Length; first += size, block++)
            {
                int end = Math.Min(first + size, input.Length);
                (QuantGrid grid, byte[] codes) = Quantize(format, input[first..end]);
                HexFloat.AssertSameBits(NumericFormats.E8M0.Values[item.GetProperty("scales")[block].GetInt32()], grid.Scale);
                for (int i = first; i < end; i++)
                {
                    float expected = HexFloat.Parse(item.GetProperty("values")[i]), actual = format.Decode(codes[i - first], grid);
                    Assert.True(expected == actual || (float.IsNaN(expected) && float.IsNaN(actual)), $"{format} block {block}, value {i}: {actual}, expected {expected}");
                    // The sign of a zero element is free.
                    if (expected != 0)
                        Assert.Equal(item.GetProperty("codes")[i].GetInt32(), codes[i - first]);
                }
            }
        }
    }

    private static (QuantGrid Grid, byte[] Codes) Quantize(NumericFormat format, float[] values)
    {
        var codes = new byte[values.Length];
        return (format.Quantize(values, symmetric: true, codes), codes);
    }
}
