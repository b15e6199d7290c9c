namespace QuantSuite.Numerics.Formats;

/// <summary>How many values share a scale: a whole tensor, a row of a weight (channel), a token, or a group of g neighbours in a row.</summary>
public readonly record struct Granularity
{
    private Granularity(GranularityKind kind, int size)
    {
        Kind = kind;
        Size = size;
    }

    /// <summary>One scale for all values.</summary>
    public static Granularity Tensor => new(GranularityKind.Tensor, 0);

    /// <summary>One scale a row of the weight (an output channel).</summary>
    public static Granularity Channel => new(GranularityKind.Channel, 0);

    /// <summary>One scale a token.</summary>
    public static Granularity Token => new(GranularityKind.Token, 0);

    /// <summary>One scale for each group of <paramref name="size"/> neighbours along the inputs; a last short group is allowed.</summary>
    public static Granularity Group(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return new Granularity(GranularityKind.Group, size);
    }

    /// <summary>Which of the kinds.</summary>
    public GranularityKind Kind { get; }

    /// <summary>The group size g, or 0.</summary>
    public int Size { get; }

    /// <summary>Columns that share a scale in a row of <paramref name="columns"/>.</summary>
    public int GroupSize(int columns) => Kind == GranularityKind.Group ? Math.Min(Size, Math.Max(columns, 1)) : Math.Max(columns, 1);

    /// <summary>The recipe's option: <c>g128</c>, <c>channel</c>, <c>tensor</c>, <c>token</c>.</summary>
    public override string ToString() => Kind == GranularityKind.Group ? $"g{Size}" : Kind.ToString().ToLowerInvariant();
}

/// <summary>The kinds of <see cref="Granularity"/>.</summary>
public enum GranularityKind
{
    /// <summary>One scale for all values.</summary>
    Tensor,

    /// <summary>One scale a weight row.</summary>
    Channel,

    /// <summary>One scale a token.</summary>
    Token,

    /// <summary>One scale a group of neighbours.</summary>
    Group,
}
