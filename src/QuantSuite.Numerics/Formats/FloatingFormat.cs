namespace QuantSuite.Numerics.Formats;

/// <summary>fp32, bf16, fp16: values rounded to the nearest (ties to even), kept without scales.</summary>
public sealed class FloatingFormat : NumericFormat
{
    private readonly Func<float, float> round;

    internal FloatingFormat(string name, int bits, Func<float, float> round)
    {
        Name = name;
        Bits = bits;
        this.round = round;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Bits { get; }

    /// <inheritdoc/>
    public override bool IsFullPrecision => true;

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => [];

    /// <summary>The nearest value of the format.</summary>
    public float Round(float value) => round(value);

    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float32 of a bfloat16.</summary>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => new(1, 0);

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => throw new NotSupportedException($"{Name} has no codes; its values are rounded and kept.");
}
