using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Number formats against the reference encodings in goldens/formats. Every file there is a row; a format that is not built yet skips.</summary>
public sealed class FormatGoldenTests
{
    private const string Folder = "formats";

    public static TheoryData<string> Files => Goldens.Cases(Folder, "*.json");

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void CodesAndValuesEqualTheReference(string file)
    {
        string folder = Goldens.Folder(Folder);
        JsonElement golden = Goldens.Json(Path.Combine(folder, file));
        int checkedCount = file switch
        {
            "int.json" => Integers(golden.GetProperty("inputs"), golden.GetProperty("cases"), kind => kind.GetProperty("kind").GetString() switch
            {
                "sym_restricted" => true,
                "asym_widened" => false,
                _ => null,
            }),
            "int_gptq.json" => Integers(
                Goldens.Json(Path.Combine(folder, "int.json")).GetProperty("inputs"), golden.GetProperty("cases"), kind => kind.GetProperty("sym").GetBoolean() ? null : false),
            "bf16.json" => Floating(folder, golden, NumericFormats.Bf16, FloatingFormat.ToBFloat16, FloatingFormat.FromBFloat16),
            "fp16.json" => Floating(folder, golden, NumericFormats.Fp16, value => BitConverter.HalfToUInt16Bits((Half)value), code => (float)BitConverter.UInt16BitsToHalf(code)),
            _ => 0,
        };
        Skip.If(checkedCount == 0, $"the format of {file} is not built yet");
    }

    // Cases of the two conventions that recipes use; isSymmetric says which, null passes over the others.
    private static int Integers(JsonElement inputs, JsonElement cases, Func<JsonElement, bool?> isSymmetric)
    {
        int count = 0;
        foreach (JsonElement item in cases.EnumerateArray())
        {
            if (isSymmetric(item) is not { } symmetric)
                continue;
            float[] values = [.. inputs[item.GetProperty("input").GetInt32()].EnumerateArray().Select(Float)];
            IntegerFormat format = NumericFormats.Int(item.GetProperty("bits").GetInt32());
            QuantGrid grid = format.Fit(values, symmetric);
            // GPTQ's code gives a group of zeros the range ±1; ours takes the scale 1, as the convention says.
            bool hasDefinedScale = item.TryGetProperty("q", out JsonElement codes) || values.Any(value => value != 0);
            if (hasDefinedScale)
            {
                Assert.Equal(Float(item.GetProperty("scale")), grid.Scale);
                Assert.Equal(item.GetProperty("zero").GetInt32() + (symmetric ? format.MiddleCode : 0), grid.Zero);
            }
            for (int i = 0; i < values.Length; i++)
            {
                int code = format.Encode(values[i], grid);
                if (codes.ValueKind == JsonValueKind.Array)
                    Assert.Equal(codes[i].GetInt32() + (symmetric ? format.MiddleCode : 0), code);
                AssertSameBits(Float(item.GetProperty("value")[i]), format.Decode(code, grid));
            }
            count++;
        }
        return count;
    }

    private static int Floating(string folder, JsonElement golden, FloatingFormat format, Func<float, ushort> encode, Func<ushort, float> decode)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, golden.GetProperty("decode").GetString()!)));
        Assert.Equal(1 << 16, values.Length);
        for (int code = 0; code < values.Length; code++)
        {
            AssertSameBits(values[code], decode((ushort)code));
            AssertSameBits(values[code], format.Round(values[code]));
        }
        foreach (JsonElement pair in golden.GetProperty("encode").EnumerateArray())
        {
            float value = Float(pair[0]);
            AssertSameBits(decode((ushort)pair[1].GetInt32()), format.Round(value));
            if (!float.IsNaN(value))
                Assert.Equal(pair[1].GetInt32(), encode(value));
        }
        return values.Length;
    }

    private static float Float(JsonElement bits) => BitConverter.UInt32BitsToSingle(uint.Parse(bits.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static void AssertSameBits(float expected, float actual)
    {
        if (!float.IsNaN(expected) || !float.IsNaN(actual))
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(actual));
    }
}
