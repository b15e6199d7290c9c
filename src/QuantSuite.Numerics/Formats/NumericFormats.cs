namespace QuantSuite.Numerics.Formats;

/// <summary>The catalog of number formats. A new format is a line here, where a table and a known rule for its scale say all; else also a small class.</summary>
public static class NumericFormats
{
    private static readonly Dictionary<string, string> ShortNames = new() { ["mxfp8"] = "mxfp8_e4m3", ["mxfp6"] = "mxfp6_e2m3" };

    /// <summary>IEEE single precision.</summary>
    public static FloatingFormat Fp32 { get; } = new("fp32", 32, static value => value);

    /// <summary>bfloat16.</summary>
    public static FloatingFormat Bf16 { get; } = new("bf16", 16, static value => FloatingFormat.FromBFloat16(FloatingFormat.ToBFloat16(value)));

    /// <summary>IEEE half precision.</summary>
    public static FloatingFormat Fp16 { get; } = new("fp16", 16, static value => (float)(Half)value);

    /// <summary>FP8 E4M3.</summary>
    public static MinifloatFormat Fp8E4M3 { get; } = new("fp8_e4m3", Minifloat.E4M3);

    /// <summary>FP8 E5M2.</summary>
    public static MinifloatFormat Fp8E5M2 { get; } = new("fp8_e5m2", Minifloat.E5M2);

    /// <summary>NVFP4 before it knows its tensor.</summary>
    public static Nvfp4Format Nvfp4 { get; } = new();

    /// <summary>MXFP4.</summary>
    public static MicroscalingFormat Mxfp4 { get; } = new("mxfp4", Minifloat.E2M1);

    /// <summary>QLoRA's NF4.</summary>
    public static CodebookFormat Nf4 { get; } = new("nf4", NormalFloat.FourBits);

    /// <summary>bitsandbytes' FP4.</summary>
    public static CodebookFormat Fp4 { get; } = new("fp4", NormalFloat.Fp4);

    /// <summary>One bit, μ ± α.</summary>
    public static BinaryFormat Binary { get; } = new();

    /// <summary>The byte of a power-of-two scale: 2^(code−127), 255 for NaN; a scale's format, not a weight's.</summary>
    public static CodeTable E8M0 { get; } = new(Enumerable.Range(0, 256).Select(code => code == 255 ? float.NaN : MathF.ScaleB(1, code - 127)), TieRule.Upper);

    /// <summary>All formats that recipes name, in the order in which they are listed to users.</summary>
    public static IReadOnlyList<NumericFormat> All { get; } =
    [
        Fp32, Bf16, Fp16,
        new IntegerFormat(8), new IntegerFormat(7), new IntegerFormat(6), new IntegerFormat(5), new IntegerFormat(4), new IntegerFormat(3), new IntegerFormat(2),
        Fp8E4M3, Fp8E5M2, new MinifloatFormat("fp8_e4m3b11fnuz", Minifloat.E4M3B11Fnuz),
        new MinifloatFormat("fp6_e2m3", Minifloat.E2M3), new MinifloatFormat("fp6_e3m2", Minifloat.E3M2), new MinifloatFormat("fp4_e2m1", Minifloat.E2M1),
        new MicroscalingFormat("mxfp8_e4m3", Minifloat.E4M3), new MicroscalingFormat("mxfp8_e5m2", Minifloat.E5M2),
        new MicroscalingFormat("mxfp6_e2m3", Minifloat.E2M3), new MicroscalingFormat("mxfp6_e3m2", Minifloat.E3M2), Mxfp4,
        new MicroscalingFormat(8), new MicroscalingFormat(6), new MicroscalingFormat(4), new MicroscalingFormat(3), new MicroscalingFormat(2),
        Nvfp4,
        Nf4, new CodebookFormat("nf5", NormalFloat.FiveBits), new CodebookFormat("nf3", NormalFloat.ThreeBits), new CodebookFormat("nf2", NormalFloat.TwoBits),
        Fp4, new CodebookFormat("dynamic8", DynamicTable.Signed),
        new TernaryFormat(), new TwnFormat(), Binary,
    ];

    /// <summary>Integers of so many bits, 2 to 8.</summary>
    public static IntegerFormat Int(int bits) => (IntegerFormat)All.First(format => format is IntegerFormat && format.Bits == bits);

    /// <summary>The format of this name (<c>mxfp8</c> and <c>mxfp6</c> are short for the variant with the longer fraction), or null.</summary>
    public static NumericFormat? Find(string name) => All.FirstOrDefault(format => format.Name == ShortNames.GetValueOrDefault(name, name));
}
