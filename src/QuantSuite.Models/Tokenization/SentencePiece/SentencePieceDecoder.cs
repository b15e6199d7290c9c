using System.Text;
using QuantSuite.Models.Tokenization.Decoders;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>
/// SentencePiece's decoding: ▁ is a space, the one put in front of a text goes, an unknown piece is its surface, runs of byte pieces are text, U+FFFD for each
/// byte that is none.
/// </summary>
internal sealed class SentencePieceDecoder(SentencePieceData data) : TokenDecoder
{
    private const string SpaceMark = "▁";

    private readonly HashSet<string> bytePieces = data.Pieces.Where(piece => piece.Type == PieceType.Byte).Select(piece => piece.Text).ToHashSet();
    private readonly string? unknown = data.Pieces.Where(piece => piece.Type == PieceType.Unknown).Select(piece => piece.Text).FirstOrDefault();

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        bool atStart = data.AddDummyPrefix || data.RemoveExtraSpaces;
        foreach (string token in tokens)
        {
            if (bytePieces.Contains(token) && ByteFallbackDecoder.ByteOf(token) is byte value)
            {
                bytes.Add(value);
                continue;
            }
            Flush(bytes, text);
            atStart &= text.Length == 0;
            bool leadingSpace = atStart && token.StartsWith(SpaceMark, StringComparison.Ordinal);
            text.Append(Surface(leadingSpace ? token[1..] : token));
            if (leadingSpace && !data.RemoveExtraSpaces)
                atStart = false;
        }
        Flush(bytes, text);
        return [text.ToString()];
    }

    private string Surface(string token) => token == unknown ? data.UnknownSurface : token.Replace(SpaceMark, " ", StringComparison.Ordinal);

    private static void Flush(List<byte> bytes, StringBuilder text)
    {
        ReadOnlySpan<byte> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);
        while (!rest.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done;
            text.Append(rune.ToString());
            rest = rest[(valid ? consumed : 1)..];
        }
        bytes.Clear();
    }
}
