namespace QuantSuite.Numerics.Formats;

/// <summary>
/// A format whose codes are a table of values, centred on zero: a group's scale follows from its largest magnitude, and a value takes the code nearest to value / scale.
/// A format is the table and the rule for the scale; the rest is shared.
/// </summary>
/// <remarks>
/// A group with NaN or infinity takes the scale NaN and decodes to NaN throughout: a result with a name, on which no number of another group depends. A NaN that meets a
/// finite scale has no code and is refused.
/// </remarks>
public abstract class TableFormat : NumericFormat
{
    private readonly CodeTable table;

    /// <summary>A format of this table.</summary>
    /// <param name="name">The name in recipes.</param>
    /// <param name="bits">Bits of a code; the table has 2 to that power entries.</param>
    /// <param name="table">Values and their rule for ties.</param>
    protected TableFormat(string name, int bits, CodeTable table)
    {
        if (table.Values.Count > 1 << bits)
            throw new ArgumentException($"{name}: {bits} bits name {1 << bits} codes, got a table of {table.Values.Count}.", nameof(table));
        Name = name;
        Bits = bits;
        this.table = table;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Bits { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => table.Values;

    /// <summary>The largest magnitude of a code.</summary>
    public float Largest => table.Largest;

    /// <summary>The small float that the codes are, sign of zero included, so that kernels can round by arithmetic; null for other tables.</summary>
    public virtual Minifloat? Elements => null;

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric)
    {
        float largest = 0;
        foreach (float value in values)
            largest = MathF.Max(largest, MathF.Abs(value));
        return new QuantGrid(float.IsFinite(largest) ? ScaleOf(largest) : float.NaN, 0);
    }

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid)
    {
        if (float.IsNaN(grid.Scale))
            return 0;
        float ratio = grid.Scale == 0 ? 0 : Ratio(value, grid);
        return float.IsNaN(ratio) ? throw Refused(value, grid) : table.Encode(ratio);
    }

    /// <summary>The scale of a group with this largest magnitude, which is finite.</summary>
    protected abstract float ScaleOf(float largest);

    /// <summary>The number that is looked up in the table: fl(value / scale).</summary>
    protected virtual float Ratio(float value, QuantGrid grid) => value / grid.Scale;

    private ArgumentException Refused(float value, QuantGrid grid) =>
        new($"{Name} has no code for {value} on a grid with the scale {grid.Scale}; expected a number. Look for the NaN where the values come from.", nameof(value));
}
