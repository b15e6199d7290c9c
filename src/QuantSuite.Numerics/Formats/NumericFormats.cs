namespace QuantSuite.Numerics.Formats;

/// <summary>The catalog of number formats. A new format is a class (or nothing, where a table says all) and a line here.</summary>
public static class NumericFormats
{
    /// <summary>IEEE single precision.</summary>
    public static FloatingFormat Fp32 { get; } = new("fp32", 32, static value => value);

    /// <summary>bfloat16.</summary>
    public static FloatingFormat Bf16 { get; } = new("bf16", 16, static value => FloatingFormat.FromBFloat16(FloatingFormat.ToBFloat16(value)));

    /// <summary>IEEE half precision.</summary>
    public static FloatingFormat Fp16 { get; } = new("fp16", 16, static value => (float)(Half)value);

    /// <summary>All formats, in the order in which they are listed to users.</summary>
    public static IReadOnlyList<NumericFormat> All { get; } =
    [
        Fp32, Bf16, Fp16,
        new IntegerFormat(8), new IntegerFormat(7), new IntegerFormat(6), new IntegerFormat(5), new IntegerFormat(4), new IntegerFormat(3), new IntegerFormat(2),
    ];

    /// <summary>Integers of so many bits, 2 to 8.</summary>
    public static IntegerFormat Int(int bits) => (IntegerFormat)All.First(format => format is IntegerFormat && format.Bits == bits);

    /// <summary>The format of this name, or null.</summary>
    public static NumericFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);
}
