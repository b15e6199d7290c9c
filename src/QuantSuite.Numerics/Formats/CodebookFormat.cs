namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Any list of up to 256 values: NF4 and its kin, bitsandbytes' FP4, the dynamic table, a codebook of one's own. s = max|w| / largest entry (0 for a group of zeros), and the
/// nearest entry to fl(w · fl(1/s)) is taken, of two equally near the smaller: bitsandbytes' arithmetic. Blocks of 64 where a recipe does not say.
/// </summary>
public sealed class CodebookFormat : TableFormat
{
    private readonly CodeTable table;

    /// <summary>A codebook; the index of a value is its code.</summary>
    /// <param name="name">The name in recipes and results, lower case.</param>
    /// <param name="values">2 to 256 finite values.</param>
    public CodebookFormat(string name, IReadOnlyList<float> values)
        : this(name, Table(name, values), ScaleFormat.Fp32)
    {
    }

    private CodebookFormat(string name, CodeTable table, ScaleFormat scales)
        : base(name, BitsFor(table.Values.Count), table)
    {
        this.table = table;
        Scales = scales;
    }

    /// <inheritdoc/>
    public override ScaleFormat Scales { get; }

    /// <inheritdoc/>
    public override Granularity DefaultGranularity => Granularity.Group(64);

    /// <summary>The same codes with doubly quantized scales (QLoRA): codes are chosen by the exact scale, which is then rounded; see <see cref="NestedScales"/>.</summary>
    public CodebookFormat WithNestedScales() => new(Name, table, ScaleFormat.Nested);

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => largest / Largest;

    /// <inheritdoc/>
    protected override float Ratio(float value, QuantGrid grid) => value * (1 / grid.Scale);

    private static int BitsFor(int count) => Math.Max(1, 32 - int.LeadingZeroCount(count - 1));

    private static CodeTable Table(string name, IReadOnlyList<float> values)
    {
        if (values.Count is < 2 or > CodeTable.LengthLimit || values.Any(value => !float.IsFinite(value)) || values.All(value => value == 0))
            throw new ArgumentException($"The codebook {name} needs 2 to {CodeTable.LengthLimit} finite values, not all zero; got {values.Count}.", nameof(values));
        return new CodeTable(values, TieRule.Lower);
    }
}
