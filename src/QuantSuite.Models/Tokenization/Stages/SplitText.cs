namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>A text and the pieces of it that the model will tokenize one by one; what lies between pieces was removed.</summary>
internal sealed record SplitText(AlignedText Aligned, List<Piece> Pieces)
{
    /// <summary>The text that the pieces are cut from.</summary>
    public string Text => Aligned.Text;

    /// <summary>A text in one piece.</summary>
    public static SplitText Whole(AlignedText text) => new(text, [new Piece(0, text.Text.Length)]);

    /// <summary>Characters of a piece.</summary>
    public ReadOnlySpan<char> Span(Piece piece) => Text.AsSpan(piece.Start, piece.Length);
}
