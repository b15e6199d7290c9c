using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One number for each group of each row of a packed weight: its scale, its zero point or its offset. Held in panels, [out/16][group][16], in as few bytes as
/// the format has; read as float32.
/// </summary>
public abstract unsafe class GroupValues : IDisposable
{
    private protected const int Width = PanelMatrix.PanelWidth;

    private protected GroupValues(int rows, int groupCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groupCount, 1);
        Rows = rows;
        GroupCount = groupCount;
    }

    /// <summary>Rows of the weight.</summary>
    public int Rows { get; }

    /// <summary>Groups of a row.</summary>
    public int GroupCount { get; }

    /// <summary>Bytes held.</summary>
    public abstract long ByteCount { get; }

    /// <summary>The number of a group of a row, as every kernel sees it.</summary>
    /// <exception cref="ArgumentException">Set: the format does not hold this number.</exception>
    public abstract float this[int row, int group] { get; set; }

    /// <summary>Room for scales in this format.</summary>
    /// <param name="format">Any but <see cref="ScaleFormat.Nested"/>, which is a <see cref="NestedValues"/>.</param>
    /// <param name="rows">Rows of the weight.</param>
    /// <param name="groupCount">Groups of a row.</param>
    /// <param name="tensorDivisor">Divides the scales of <see cref="ScaleFormat.E4M3"/>.</param>
    public static GroupValues Create(ScaleFormat format, int rows, int groupCount, float tensorDivisor = 1) => format switch
    {
        ScaleFormat.Fp32 or ScaleFormat.Fp16 or ScaleFormat.Bf16 => new FloatValues(rows, groupCount, format),
        ScaleFormat.E8M0 => ByteValues.PowersOfTwo(rows, groupCount),
        ScaleFormat.E4M3 => ByteValues.SmallFloats(rows, groupCount, tensorDivisor),
        _ => throw new ArgumentException($"{format} scales have a second level: make a {nameof(NestedValues)} and hand it to the matrix.", nameof(format)),
    };

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The numbers of some groups of a panel, [count][16]: where they lie, or decoded to the buffer. Past the last group they run on into the next panel.</summary>
    internal abstract float* Read(int panel, int firstGroup, int count, float* buffer);

    /// <summary>The first byte of a group of a panel, to be asked for ahead.</summary>
    internal abstract byte* Locate(int panel, int group);

    private protected long IndexOf(int row, int group)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)group, (uint)GroupCount, nameof(group));
        return FirstOf(row / Width, group) + row % Width;
    }

    private protected long FirstOf(int panel, int group) => ((long)panel * GroupCount + group) * Width;

    private protected long PaddedCount => (long)(Rows + Width - 1) / Width * GroupCount * Width;
}
