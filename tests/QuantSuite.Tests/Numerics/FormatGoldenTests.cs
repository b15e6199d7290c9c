using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Number formats against the reference encodings in goldens/formats. Every file there is a row; one that no check knows skips.</summary>
public sealed class FormatGoldenTests
{
    private const string Folder = "formats";

    private static readonly Dictionary<string, Action<JsonElement>> Checks = new()
    {
        ["int.json"] = golden => IntegerGoldens.CheckConventions(golden),
        ["int_gptq.json"] = golden => IntegerGoldens.CheckGptq(golden, Goldens.Json(Path.Combine(Goldens.Folder(Folder), "int.json")).GetProperty("inputs")),
        ["bf16.json"] = golden => CheckFloating(golden, NumericFormats.Bf16, FloatingFormat.ToBFloat16, FloatingFormat.FromBFloat16),
        ["fp16.json"] = golden =>
            CheckFloating(golden, NumericFormats.Fp16, value => BitConverter.HalfToUInt16Bits((Half)value), code => (float)BitConverter.UInt16BitsToHalf(code)),
        ["fp8_e4m3fn.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp8_e4m3"),
        ["fp8_e5m2.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp8_e5m2"),
        ["fp8_e4m3b11fnuz.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp8_e4m3b11fnuz"),
        ["fp6_e2m3.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp6_e2m3"),
        ["fp6_e3m2.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp6_e3m2"),
        ["fp4_e2m1.json"] = golden => TableGoldens.CheckMinifloat(golden, "fp4_e2m1"),
        ["e8m0.json"] = TableGoldens.CheckPowersOfTwo,
        ["nf4.json"] = golden => TableGoldens.CheckCodebook(golden, NumericFormats.Nf4),
        ["fp4.json"] = golden => TableGoldens.CheckCodebook(golden, NumericFormats.Fp4),
        ["dynamic8.json"] = TableGoldens.CheckDynamic,
        ["normal_float.json"] = TableGoldens.CheckNormalFloats,
        ["ternary.json"] = GroupGoldens.CheckTernary,
        ["mx.json"] = GroupGoldens.CheckMicroscaling,
        ["nvfp4.json"] = GroupGoldens.CheckNvfp4,
    };

    public static TheoryData<string> Files => Goldens.Cases(Folder, "*.json");

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void CodesScalesAndValuesEqualTheReference(string file)
    {
        JsonElement golden = Goldens.Json(Path.Combine(Goldens.Folder(Folder), file));
        Skip.IfNot(Checks.TryGetValue(file, out Action<JsonElement>? check), $"no format of ours is described by {file}");
        check!(golden);
    }

    private static void CheckFloating(JsonElement golden, FloatingFormat format, Func<float, ushort> encode, Func<ushort, float> decode)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Goldens.Folder(Folder), golden.GetProperty("decode").GetString()!)));
        Assert.Equal(1 << 16, values.Length);
        for (int code = 0; code < values.Length; code++)
        {
            HexFloat.AssertSameBits(values[code], decode((ushort)code));
            HexFloat.AssertSameBits(values[code], format.Round(values[code]));
        }
        foreach (JsonElement pair in golden.GetProperty("encode").EnumerateArray())
        {
            float value = HexFloat.Parse(pair[0]);
            HexFloat.AssertSameBits(decode((ushort)pair[1].GetInt32()), format.Round(value));
            if (!float.IsNaN(value))
                Assert.Equal(pair[1].GetInt32(), encode(value));
        }
    }
}
