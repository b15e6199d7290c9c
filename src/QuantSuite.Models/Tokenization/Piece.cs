namespace QuantSuite.Models.Tokenization;

/// <summary>UTF-16 units [<paramref name="Start"/>, <paramref name="End"/>) of a text.</summary>
internal readonly record struct Piece(int Start, int End)
{
    /// <summary>Units in the piece.</summary>
    public int Length => End - Start;
}
