using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>
/// SentencePiece's normalizer: from left to right the longest rule of the character map (user-defined pieces stay as they are), spaces become ▁, one is
/// put in front, and extra ones go, as the model says.
/// </summary>
internal sealed class SentencePieceNormalizer : Normalizer
{
    private const char SpaceMark = '▁';

    private readonly SentencePieceData data;
    private readonly TokenTrie userDefined = new();
    private readonly char space;

    public SentencePieceNormalizer(SentencePieceData data)
    {
        this.data = data;
        space = data.EscapeSpaces ? SpaceMark : ' ';
        foreach (ScoredPiece piece in data.Pieces.Where(piece => piece.Type == PieceType.UserDefined))
            userDefined.Add(piece.Text, 0);
    }

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        if (text.Text.Length == 0)
            return text;
        int start = data.RemoveExtraSpaces ? SkipSpaces(text.Text) : 0;
        var output = new AlignedText.Builder(text, text.Text.Length + 1);
        if (start == text.Text.Length)
            return output.Build();
        if (data.AddDummyPrefix)
            output.Append(space, start, start + 1);
        bool afterSpace = data.RemoveExtraSpaces;
        for (int i = start; i < text.Text.Length;)
            i = CopyNext(text.Text, i, output, ref afterSpace);
        return data.RemoveExtraSpaces ? TrimEnd(output.Build()) : output.Build();
    }

    private int SkipSpaces(string text)
    {
        int start = 0;
        while (start < text.Length && NextPart(text, start) is (var part, var length) && (part ?? text[start..(start + length)]) == " ")
            start += length;
        return start;
    }

    private int CopyNext(string text, int at, AlignedText.Builder output, ref bool afterSpace)
    {
        (string? replacement, int length) = NextPart(text, at);
        ReadOnlySpan<char> part = replacement ?? text.AsSpan(at, length);
        if (part.Length == 1 && char.IsSurrogate(part[0]))
            part = "\uFFFD";
        while (afterSpace && part is [' ', ..])
            part = part[1..];
        for (int i = 0; i < part.Length; i++)
        {
            char unit = part[i] == ' ' ? space : part[i];
            if (replacement is null)
                output.Append(unit, at + i, at + i + 1);
            else
                output.Append(unit, at, at + length);
        }
        if (!part.IsEmpty)
            afterSpace = data.RemoveExtraSpaces && part[^1] == ' ';
        return at + length;
    }

    // A replacement, or null where the text itself stays, and the UTF-16 units that it is for.
    private (string? Replacement, int Length) NextPart(string text, int at)
    {
        (int length, _) = userDefined.Longest(text.AsSpan(at));
        if (length > 0)
            return (null, length);
        return data.Map?.FindPrefix(text.AsSpan(at)) is var (replacement, units) ? (replacement, units)
            : (null, Patterns.UnicodePattern.UnitsAt(text, at));
    }

    private AlignedText TrimEnd(AlignedText text)
    {
        int end = text.Text.Length;
        while (end > 0 && text.Text[end - 1] == space)
            end--;
        return text.Slice(0, end);
    }
}
