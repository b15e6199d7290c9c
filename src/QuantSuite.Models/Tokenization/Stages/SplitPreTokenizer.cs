using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>What becomes of the places where a split's pattern matched.</summary>
internal enum SplitBehavior
{
    /// <summary>Each match is a piece of its own.</summary>
    Isolated,

    /// <summary>Matches are dropped.</summary>
    Removed,

    /// <summary>A match joins the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match joins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches join to one piece.</summary>
    Contiguous,
}

/// <summary>
/// Cuts at the matches of a pattern. Digits and Punctuation are splits whose pattern is one character. With <c>invert</c> the text between matches
/// plays the matches' part.
/// </summary>
internal sealed class SplitPreTokenizer(UnicodePattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    private static readonly UnicodePattern Digit = UnicodePattern.Parse(@"\p{N}");
    private static readonly UnicodePattern PunctuationMark = UnicodePattern.Parse(@"[\p{P}!-/:-@\[-`{-~]");

    /// <summary>Runs of word characters, runs of other marks; white space is dropped.</summary>
    public static SplitPreTokenizer Words { get; } = new(UnicodePattern.Parse(@"\w+|[^\w\s]+"), SplitBehavior.Removed, invert: true);

    /// <summary>What stands between white space.</summary>
    public static SplitPreTokenizer WhiteSpace { get; } = new(UnicodePattern.Parse(@"\s"), SplitBehavior.Removed);

    /// <summary>Numbers apart from the rest: each digit alone, or runs of them.</summary>
    public static SplitPreTokenizer Digits(bool individual) => new(Digit, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    /// <summary>Unicode's punctuation and all of ASCII's marks.</summary>
    public static SplitPreTokenizer Punctuation(SplitBehavior behavior) => new(PunctuationMark, behavior);

    /// <summary>Reads a <c>Split</c>.</summary>
    public static new SplitPreTokenizer Read(TokenizerSpec spec) =>
        new(UnicodePattern.Read(spec), spec.Choice<SplitBehavior>("behavior"), spec.Bool("invert"));

    /// <inheritdoc/>
    public override SplitText Apply(SplitText text)
    {
        var matches = new List<Piece>();
        var parts = new List<Part>();
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            matches.Clear();
            parts.Clear();
            pattern.FindAll(text.Span(piece), matches);
            if (behavior == SplitBehavior.Isolated)
            {
                Isolate(piece, matches, pieces);
                continue;
            }
            Cover(piece, matches, parts);
            Merge(parts, pieces);
        }
        return text with { Pieces = pieces };
    }

    private static void Isolate(Piece piece, List<Piece> matches, List<Piece> pieces)
    {
        int end = piece.Start;
        foreach (Piece match in matches)
        {
            if (piece.Start + match.Start > end)
                pieces.Add(new Piece(end, piece.Start + match.Start));
            if (match.Length > 0)
                pieces.Add(new Piece(piece.Start + match.Start, piece.Start + match.End));
            end = piece.Start + match.End;
        }
        if (end < piece.End)
            pieces.Add(new Piece(end, piece.End));
    }

    private readonly record struct Part(int Start, int End, bool IsMatch);

    // Matches and what lies between them, in order and without gaps.
    private void Cover(Piece piece, List<Piece> matches, List<Part> parts)
    {
        int end = piece.Start;
        foreach (Piece match in matches)
        {
            if (piece.Start + match.Start > end)
                parts.Add(new Part(end, piece.Start + match.Start, invert));
            end = piece.Start + match.End;
            parts.Add(new Part(piece.Start + match.Start, end, !invert));
        }
        if (end < piece.End)
            parts.Add(new Part(end, piece.End, invert));
    }

    private void Merge(List<Part> parts, List<Piece> pieces)
    {
        int first = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            if (i + 1 < parts.Count && Joins(parts, i))
                continue;
            if ((behavior != SplitBehavior.Removed || !parts[i].IsMatch) && parts[first].Start < parts[i].End)
                pieces.Add(new Piece(parts[first].Start, parts[i].End));
            first = i + 1;
        }
    }

    // Whether part i and the next belong to one piece. Of several matches in a row only the nearest joins the text beside them.
    private bool Joins(List<Part> parts, int i) => behavior switch
    {
        SplitBehavior.MergedWithPrevious => !parts[i].IsMatch && parts[i + 1].IsMatch,
        SplitBehavior.MergedWithNext => parts[i].IsMatch && !parts[i + 1].IsMatch,
        SplitBehavior.Contiguous => parts[i].IsMatch == parts[i + 1].IsMatch,
        _ => false,
    };
}
