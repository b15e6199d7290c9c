namespace QuantSuite.Numerics.Formats;

/// <summary>A name and how a real value becomes a code and comes back. Formats of up to 8 bits are a table of values by code.</summary>
public abstract class NumericFormat
{
    /// <summary>The name in recipes, lower case: <c>int4</c>, <c>bf16</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Bits of one code.</summary>
    public abstract int Bits { get; }

    /// <summary>Whether values are kept as they are, without scales.</summary>
    public virtual bool IsFullPrecision => false;

    /// <summary>How its scales are held.</summary>
    public virtual ScaleFormat Scales => ScaleFormat.Fp32;

    /// <summary>What shares a scale where a recipe does not say.</summary>
    public virtual Granularity DefaultGranularity => Granularity.Channel;

    /// <summary>Divides the scales of <see cref="ScaleFormat.E4M3"/>; 1 for all others.</summary>
    public virtual float TensorDivisor => 1;

    /// <summary>This format for one tensor: where scales are relative to the tensor (NVFP4), one that knows its divisor; else itself. Call it before the first <see cref="Fit"/>.</summary>
    public virtual NumericFormat ForTensor(ReadOnlySpan<float> values) => this;

    /// <summary>The value of each code before zero point and scale; empty for full precision.</summary>
    public abstract IReadOnlyList<float> Values { get; }

    /// <summary>The scale and zero point that cover a group of values end to end.</summary>
    /// <param name="values">The group.</param>
    /// <param name="symmetric">Whether the grid is centred on zero.</param>
    public abstract QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric);

    /// <summary>The code nearest to a value on a grid, ties to even, clamped to the format's range.</summary>
    public abstract int Encode(float value, QuantGrid grid);

    /// <summary>Encodes a group on a grid that is fitted to it.</summary>
    /// <param name="values">The group.</param>
    /// <param name="symmetric">Whether the grid is centred on zero.</param>
    /// <param name="codes">A code for each value, overwritten.</param>
    /// <param name="known">The grid, where it is shared with other groups.</param>
    /// <returns>The grid.</returns>
    public virtual QuantGrid Quantize(ReadOnlySpan<float> values, bool symmetric, Span<byte> codes, QuantGrid? known = null)
    {
        QuantGrid grid = known ?? Fit(values, symmetric);
        for (int i = 0; i < values.Length; i++)
            codes[i] = (byte)Encode(values[i], grid);
        return grid;
    }

    /// <summary>The value of a code on a grid: fl(fl(table[code] − zero)·scale).</summary>
    public float Decode(int code, QuantGrid grid) => (Values[code] - grid.Zero) * grid.Scale;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Scale and zero point of one group: value = (table[code] − <paramref name="Zero"/>)·<paramref name="Scale"/>.</summary>
public readonly record struct QuantGrid(float Scale, float Zero);
