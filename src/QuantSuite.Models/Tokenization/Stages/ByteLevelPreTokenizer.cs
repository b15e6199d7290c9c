using System.Text;
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
        var spaced = new AlignedText.Builder(text.Text.Length + text.Pieces.Count);
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            int start = spaced.Length;
            if (text.Text[piece.Start] != ' ')
                spaced.Append(' ', text.Aligned.Start(piece.Start), text.Aligned.End(piece.Start));
            for (int i = piece.Start; i < piece.End; i++)
                spaced.Append(text.Text[i], text.Aligned.Start(i), text.Aligned.End(i));
            pieces.Add(new Piece(start, spaced.Length));
        }
        return new SplitText(spaced.Build(), pieces);
    }

    private static SplitText Respell(SplitText text)
    {
        var respelled = new AlignedText.Builder(text.Text.Length + text.Text.Length / 8);
        var pieces = new List<Piece>(text.Pieces.Count);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Piece piece in text.Pieces)
        {
            int start = respelled.Length;
            for (int i = piece.Start; i < piece.End;)
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(i, piece.End - i), out Rune rune, out int units);
                foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
                    respelled.Append(ByteLevelAlphabet.Letter(value), text.Aligned.Start(i), text.Aligned.End(i + units - 1));
                i += units;
            }
            pieces.Add(new Piece(start, respelled.Length));
        }
        return new SplitText(respelled.Build(), pieces);
    }
}
