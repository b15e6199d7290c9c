namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>A pattern's syntax tree.</summary>
internal abstract record PatternNode
{
    /// <summary>One code point of a set.</summary>
    public sealed record One(CodePointSet Set) : PatternNode;

    /// <summary>Parts one after the other; none matches the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>The first choice that leads to a match.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Choices) : PatternNode;

    /// <summary>Min to Max times (null: any number).</summary>
    public sealed record Repeat(PatternNode Body, int Min, int? Max, Greed Greed) : PatternNode;

    /// <summary>What follows (or precedes) matches, or does not; consumes nothing.</summary>
    public sealed record Look(PatternNode Body, bool Behind, bool Negative) : PatternNode;

    /// <summary>The body's first match, without trying others later.</summary>
    public sealed record Atomic(PatternNode Body) : PatternNode;

    /// <summary>A place between code points.</summary>
    public sealed record Place(Anchor Anchor) : PatternNode;

    /// <summary>Whether it can match the empty text.</summary>
    public bool Nullable => this switch
    {
        One => false,
        Sequence sequence => sequence.Parts.All(part => part.Nullable),
        Choice choice => choice.Choices.Any(c => c.Nullable),
        Repeat repeat => repeat.Min == 0 || repeat.Body.Nullable,
        Atomic atomic => atomic.Body.Nullable,
        _ => true,
    };

    /// <summary>
    /// Whether a match can begin with this ASCII character; a node that can be empty begins with anything. Anchors and look-around count as always holding.
    /// </summary>
    public bool CanBeginWith(char ascii) => this switch
    {
        One one => one.Set.Contains(ascii),
        Sequence sequence => SequenceCanBeginWith(sequence.Parts, ascii),
        Choice choice => choice.Choices.Any(c => c.CanBeginWith(ascii)),
        Repeat repeat => repeat.Min == 0 || repeat.Body.CanBeginWith(ascii),
        Atomic atomic => atomic.Body.CanBeginWith(ascii),
        _ => true,
    };

    private static bool SequenceCanBeginWith(IReadOnlyList<PatternNode> parts, char ascii)
    {
        foreach (PatternNode part in parts)
        {
            PatternNode body = part is Repeat repeat ? repeat.Body : part;
            if (part is not (Look or Place) && body.CanBeginWith(ascii))
                return true;
            if (!part.Nullable)
                return false;
        }
        return true;
    }

    /// <summary>The number of code points of every match, or null where matches differ.</summary>
    public int? Width => this switch
    {
        One => 1,
        Sequence sequence => sequence.Parts.Aggregate((int?)0, (sum, part) => sum + part.Width),
        Choice choice => choice.Choices.Select(c => c.Width).Distinct().ToList() is [var only] ? only : null,
        Repeat repeat => repeat.Min == repeat.Max ? repeat.Min * repeat.Body.Width : null,
        Atomic atomic => atomic.Body.Width,
        _ => 0,
    };
}

/// <summary>What a repetition tries first, and whether it gives anything back.</summary>
internal enum Greed
{
    /// <summary>As many as possible, then fewer.</summary>
    Greedy,

    /// <summary>As few as possible, then more.</summary>
    Lazy,

    /// <summary>As many as possible, and no fewer.</summary>
    Possessive,
}

/// <summary>A place that a pattern can ask for.</summary>
internal enum Anchor
{
    /// <summary><c>\A</c></summary>
    TextStart,

    /// <summary><c>\z</c></summary>
    TextEnd,

    /// <summary><c>^</c>, which in Ruby's syntax is always a line's.</summary>
    LineStart,

    /// <summary><c>$</c>, which in Ruby's syntax is always a line's.</summary>
    LineEnd,

    /// <summary><c>\b</c></summary>
    WordBoundary,

    /// <summary><c>\B</c></summary>
    NoWordBoundary,
}
