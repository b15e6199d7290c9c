using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// GPT-2's pre-tokenizer: optionally a space in front of each piece that has none, optionally a cut by GPT-2's pattern, then every UTF-8 byte
/// spelled as one character (<see cref="ByteLevelAlphabet"/>). All pieces are respelled into one new text. A lone surrogate becomes U+FFFD.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    /// <summary>The pattern of GPT-2's encoder.py.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly SplitPreTokenizer Gpt2Split = new(UnicodePattern.Parse(Gpt2Pattern), SplitBehavior.Isolated);

    /// <inheritdoc/>
    public override SplitText Apply(SplitText text)
    {
        if (addPrefixSpace)
            text = AddPrefixSpaces(text);
        return Respell(useRegex ? Gpt2Split.Apply(text) : text);
    }

    // The added space has the range of the character that it precedes.
    private static SplitText AddPrefixSpaces(SplitText text)
    {
        var spaced = new AlignedText.Builder(text.Aligned, text.Text.Length + text.Pieces.Count);
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            int start = spaced.Length;
            if (text.Text[piece.Start] != ' ')
                spaced.Append(' ', piece.Start, piece.Start + 1);
            spaced.Copy(piece.Start, piece.End);
            pieces.Add(new Piece(start, spaced.Length));
        }
        return new SplitText(spaced.Build(), pieces);
    }

    private static SplitText Respell(SplitText text)
    {
        var respelled = new AlignedText.Builder(text.Aligned, text.Text.Length + text.Text.Length / 8);
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            int start = respelled.Length;
            ByteLevelAlphabet.Respell(text.Text, piece.Start, piece.End, respelled);
            pieces.Add(new Piece(start, respelled.Length));
        }
        return new SplitText(respelled.Build(), pieces);
    }
}
