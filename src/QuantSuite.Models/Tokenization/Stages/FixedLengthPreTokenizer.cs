using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Pieces of a number of characters each; the last may be shorter.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    /// <inheritdoc/>
    public override SplitText Apply(SplitText text)
    {
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            int start = piece.Start, count = 0;
            for (int i = piece.Start; i < piece.End;)
            {
                i += UnicodePattern.UnitsAt(text.Text, i);
                if (++count % length != 0 && i < piece.End)
                    continue;
                pieces.Add(new Piece(start, i));
                start = i;
            }
        }
        return text with { Pieces = pieces };
    }
}
