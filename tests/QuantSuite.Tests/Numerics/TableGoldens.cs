using System.Text.Json;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Formats that a table says all about: every code, every encoding, and what saturates.</summary>
internal static class TableGoldens
{
    private const float FourBitTolerance = 2e-7f; // three units in the last place
    private const float ReferenceMissesZero = 1e-8f;
    private static readonly QuantGrid Unit = new(1, 0);

    /// <summary>ml_dtypes. Quantizers saturate, so encodings are taken from "encode_saturating" where overflow is NaN or infinity; NaN is refused.</summary>
    public static void CheckMinifloat(JsonElement golden, string name)
    {
        NumericFormat format = NumericFormats.Find(name)!;
        CheckValues(golden.GetProperty("decode"), format.Values);
        JsonElement pairs = golden.TryGetProperty("encode_saturating", out JsonElement saturating) ? saturating : golden.GetProperty("encode");
        foreach (JsonElement pair in pairs.EnumerateArray())
        {
            float value = HexFloat.Parse(pair[0]);
            if (float.IsNaN(value))
                Assert.Contains(name, Assert.Throws<ArgumentException>(() => format.Encode(value, Unit)).Message);
            else
                Assert.Equal(pair[1].GetInt32(), format.Encode(value, Unit));
        }
    }

    /// <summary>E8M0 is a scale's format. What is not above zero has no code in ml_dtypes; ours never asks.</summary>
    public static void CheckPowersOfTwo(JsonElement golden)
    {
        CheckValues(golden.GetProperty("decode"), NumericFormats.E8M0.Values);
        foreach (JsonElement pair in golden.GetProperty("encode").EnumerateArray())
            if (HexFloat.Parse(pair[0]) is var value && pair[1].GetInt32() != 255)
                Assert.Equal(pair[1].GetInt32(), NumericFormats.E8M0.Encode(value));
        foreach (JsonElement pair in golden.GetProperty("encode_floor").EnumerateArray())
            if (HexFloat.Parse(pair[0]) is var value && pair[1].GetInt32() != 255)
                Assert.Equal(NumericFormats.E8M0.Values[pair[1].GetInt32()], NumericFormats.Find("mxint8")!.Fit([value], symmetric: true).Scale);
    }

    /// <summary>bitsandbytes, inputs divided by the block's largest magnitude. Close to a midpoint the package's decimal constants decide: there either neighbour will do.</summary>
    public static void CheckCodebook(JsonElement golden, CodebookFormat format)
    {
        CheckValues(golden.GetProperty("decode"), format.Values);
        foreach (JsonElement pair in golden.GetProperty("encode").EnumerateArray())
            Assert.Equal(pair[1].GetInt32(), format.Encode(HexFloat.Parse(pair[0]), Unit));
        foreach (JsonElement pair in golden.GetProperty("encode_near_ties").EnumerateArray())
        {
            float value = HexFloat.Parse(pair[0]), theirs = format.Values[pair[1].GetInt32()], ours = format.Values[format.Encode(value, Unit)];
            Assert.True(Math.Abs(Math.Abs(value - theirs) - Math.Abs(value - ours)) < 2e-4, $"{value}: {ours} or {theirs}");
        }
    }

    /// <summary>bitsandbytes' CPU code gives 2.1e-5 for zero and its closest neighbours, though the table holds 0 and the file's rule is the nearest value: for them ours is 0.</summary>
    public static void CheckDynamic(JsonElement golden)
    {
        NumericFormat format = NumericFormats.Find("dynamic8")!;
        CheckValues(golden.GetProperty("signed"), format.Values);
        CheckValues(golden.GetProperty("unsigned"), DynamicTable.Unsigned);
        foreach (JsonElement pair in golden.GetProperty("encode").EnumerateArray())
            if (HexFloat.Parse(pair[0]) is var value && Math.Abs(value) > ReferenceMissesZero)
                Assert.Equal(pair[1].GetInt32(), format.Encode(value, Unit));
            else
                Assert.Equal(0, format.Values[format.Encode(value, Unit)]);
    }

    /// <summary>Ours is the formula's float32 for 2, 3 and 5 bits; for 4 it is bitsandbytes' list, equal to the formula to 1e-7.</summary>
    public static void CheckNormalFloats(JsonElement golden)
    {
        foreach (int bits in (int[])[2, 3, 4, 5])
        {
            JsonElement item = golden.GetProperty($"nf{bits}");
            float[] expected = HexFloat.List(item.GetProperty("float32")), formula = [.. Formula(bits).Select(value => (float)value)];
            NumericFormat format = NumericFormats.Find($"nf{bits}")!;
            for (int code = 0; code < expected.Length; code++)
            {
                Assert.Equal(expected[code], format.Values[code], bits == 4 ? FourBitTolerance : 0);
                Assert.Equal(expected[code], formula[code], 1e-7f);
            }
        }
    }

    private static double[] Formula(int bits)
    {
        int half = 1 << (bits - 1);
        double offset = 1 - (1.0 / (4 * half) + 1.0 / (2 * (2 * half - 1))) / 2;
        double[] upper = [.. Enumerable.Range(0, half).Select(i => NormalDistribution.Quantile(offset + (0.5 - offset) * i / half))];
        double[] lower = [.. Enumerable.Range(0, half - 1).Select(i => -NormalDistribution.Quantile(offset + (0.5 - offset) * i / (half - 1)))];
        return [.. upper.Concat(lower).Append(0).Order().Select(value => value / upper[0])];
    }

    private static void CheckValues(JsonElement expected, IReadOnlyList<float> actual)
    {
        Assert.Equal(expected.GetArrayLength(), actual.Count);
        for (int code = 0; code < actual.Count; code++)
            HexFloat.AssertSameBits(HexFloat.Parse(expected[code]), actual[code]);
    }
}
