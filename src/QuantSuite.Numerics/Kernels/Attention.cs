namespace QuantSuite.Numerics;

/// <summary>Sizes of an attention layer, and where it lies in a page of the KV cache.</summary>
/// <param name="HeadCount">Query heads; a multiple of <paramref name="KeyValueHeadCount"/>.</param>
/// <param name="KeyValueHeadCount">Key and value heads.</param>
/// <param name="HeadDim">Size of a head; a multiple of 4.</param>
/// <param name="Scale">Factor of the queries, usually 1/√HeadDim.</param>
/// <param name="Layer">The layer's number, for its place in a page.</param>
public readonly record struct AttentionShape(int HeadCount, int KeyValueHeadCount, int HeadDim, float Scale, int Layer)
{
    /// <summary>The most positions that a query sees, its own among them; 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>Caps scores softly, cap·tanh(s/cap); 0 for no cap.</summary>
    public float SoftCap { get; init; }

    /// <summary>Added to the scores by head and position of the key, [HeadCount, at least the longest sequence]: ALiBi. Null adds nothing.</summary>
    public Matrix? Biases { get; init; }

    /// <summary>Whether every query sees all positions of its span, later ones too: an image's patches.</summary>
    public bool IsBidirectional { get; init; }

    /// <summary>Positions of one page.</summary>
    public const int PageWidth = 16;

    /// <summary>Where the cache is KIVI's: which keys and values a query sees rounded. Null: pages hold one value of each.</summary>
    public KiviCache? Kivi { get; init; }

    /// <summary>The place of the rounded keys and values of this layer.</summary>
    public AttentionShape Rounded => this with { Layer = Layer + Kivi!.Value.LayerCount };

    /// <summary>The end of the positions that a row of a span sees.</summary>
    internal int LengthOf(AttentionSpan span, int row) => span.FirstPosition + (IsBidirectional ? span.RowCount : row + 1);

    /// <summary>The first position that a row sees, from the end of those that it sees.</summary>
    internal int FirstOf(int length) => Window == 0 ? 0 : Math.Max(0, length - Window);

    /// <summary>Floats of one head's keys (or values) in a page.</summary>
    public int HeadFloats => PageWidth * HeadDim;

    /// <summary>Floats from the start of a page to this layer's keys of a head: [HeadDim][16], position the faster index. Its values follow: [16][HeadDim].</summary>
    public long KeyOffset(int keyValueHead) => ((long)Layer * KeyValueHeadCount + keyValueHead) * 2 * HeadFloats;

    /// <summary>Floats of a page of a model with so many layers.</summary>
    public long PageFloats(int layerCount) => (long)layerCount * KeyValueHeadCount * 2 * HeadFloats;
}

/// <summary>The new tokens of one sequence in a batch: rows [FirstRow, FirstRow + RowCount) stand at positions FirstPosition … of the sequence.</summary>
/// <param name="Pages">Addresses of the sequence's pages (float*), 16 positions each, page 0 first; the last one may be partly filled.</param>
public readonly record struct AttentionSpan(int FirstRow, int RowCount, int FirstPosition, nint[] Pages);
