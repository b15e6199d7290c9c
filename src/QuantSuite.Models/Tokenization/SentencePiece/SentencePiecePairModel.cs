using System.Text;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>
/// SentencePiece's BPE: neighbours whose strings together are a piece are joined, the best score first, the leftmost of equals. There is no list of merges, so
/// it is made here: every way to cut a piece in two that are pieces or single characters. User-defined pieces are cut out first and never joined;
/// what is no piece at the end is unknown, or its bytes.
/// </summary>
internal sealed class SentencePiecePairModel : TokenModel
{
    // No merge has it, and it is no id.
    private const int Unknown = int.MaxValue;
    private const int LongestPiece = 512;

    private readonly Vocabulary pieces = new();
    private readonly Dictionary<int, int> characters = [];
    private readonly Dictionary<int, (int Left, int Right)> unused = [];
    private readonly TokenTrie userDefined = new();
    private readonly BytePairMerges merges;
    private readonly int?[] byteIds = new int?[256];
    private readonly int? unknownId;
    private readonly int firstCharacter;

    public SentencePiecePairModel(SentencePieceData data)
    {
        firstCharacter = data.Pieces.Count;
        for (int id = 0; id < data.Pieces.Count; id++)
            Place(data.Pieces[id], id);
        if (!data.ByteFallback)
            Array.Clear(byteIds);
        unknownId = data.Pieces.FindIndex(piece => piece.Type == PieceType.Unknown) is >= 0 and int found ? found : null;
        merges = new(data.Pieces.Count * 3);
        AddMerges(data.Pieces);
        CutsAtSpaces = pieces.Find("▁") is not null
            && !data.Pieces.Any(piece => piece.Type is PieceType.Normal or PieceType.Unused or PieceType.UserDefined && HasInnerSpace(piece.Text));
    }

    /// <inheritdoc/>
    protected override Symbol[] Split(ReadOnlySpan<char> word)
    {
        var symbols = new List<Symbol>(word.Length);
        for (int start = 0; start < word.Length; start = symbols[^1].End)
            symbols.Add(First(word, start));
        var output = new List<Symbol>(symbols.Count);
        foreach (Symbol symbol in merges.Apply(symbols))
            Finish(word, symbol, output);
        return [.. output];
    }

    private void Place(ScoredPiece piece, int id)
    {
        switch (piece.Type)
        {
            case PieceType.Normal or PieceType.Unused:
                pieces.Set(piece.Text, id);
                break;
            case PieceType.UserDefined:
                userDefined.Add(piece.Text, id);
                break;
            case PieceType.Byte when Decoders.ByteFallbackDecoder.ByteOf(piece.Text) is byte value:
                byteIds[value] = id;
                break;
        }
    }

    // Pieces of one score have one rank, so that the leftmost of them goes first.
    private void AddMerges(List<ScoredPiece> all)
    {
        float[] scores = all.Select(piece => piece.Score).Distinct().OrderDescending().ToArray();
        var ranks = new Dictionary<float, int>(scores.Length);
        for (int rank = 0; rank < scores.Length; rank++)
            ranks[scores[rank]] = rank;
        for (int id = 0; id < all.Count; id++)
            if (all[id].Type is PieceType.Normal or PieceType.Unused && pieces.Find(all[id].Text) == id)
                AddCuts(all[id], id, ranks[all[id].Score]);
    }

    private void AddCuts(ScoredPiece piece, int id, int rank)
    {
        if (piece.Text.Length > LongestPiece)
            throw new TokenizerException($"piece {id} has {piece.Text.Length} characters, expected at most {LongestPiece}. Is the file intact?");
        for (int cut = 1; cut < piece.Text.Length; cut++)
        {
            if (char.IsLowSurrogate(piece.Text[cut]) || PartId(piece.Text.AsSpan(0, cut)) is not int left || PartId(piece.Text.AsSpan(cut)) is not int right)
                continue;
            merges.Add(left, right, rank, id);
            if (piece.Type == PieceType.Unused)
                unused[id] = (left, right);
        }
    }

    // A single character that is no piece gets a number beyond the ids.
    private int? PartId(ReadOnlySpan<char> part)
    {
        if (pieces.Find(part) is int id)
            return id;
        Rune.DecodeFromUtf16(part, out Rune rune, out int units);
        if (units < part.Length)
            return null;
        if (!characters.TryGetValue(rune.Value, out int number))
            characters[rune.Value] = number = firstCharacter + characters.Count;
        return number;
    }

    private Symbol First(ReadOnlySpan<char> word, int start)
    {
        (int length, int id) = userDefined.Longest(word[start..]);
        if (length > 0)
            return new Symbol(id, start, start + length);
        Rune.DecodeFromUtf16(word[start..], out Rune rune, out int units);
        int number = pieces.Find(word.Slice(start, units)) ?? (characters.TryGetValue(rune.Value, out int known) ? known : Unknown);
        return new Symbol(number, start, start + units);
    }

    private void Finish(ReadOnlySpan<char> word, Symbol symbol, List<Symbol> output)
    {
        if (unused.TryGetValue(symbol.Id, out var parts))
        {
            int middle = symbol.Start + PartLength(word, symbol, parts.Left);
            Finish(word, new Symbol(parts.Left, symbol.Start, middle), output);
            Finish(word, new Symbol(parts.Right, middle, symbol.End), output);
        }
        else if (symbol.Id < firstCharacter)
            output.Add(symbol);
        else
            AddUnknown(word, symbol, output);
    }

    private int PartLength(ReadOnlySpan<char> word, Symbol symbol, int left) =>
        pieces.Token(left)?.Length ?? Patterns.UnicodePattern.UnitsAt(word, symbol.Start);

    private void AddUnknown(ReadOnlySpan<char> word, Symbol symbol, List<Symbol> output)
    {
        Span<byte> utf8 = stackalloc byte[4];
        Rune.DecodeFromUtf16(word[symbol.Start..], out Rune rune, out _);
        ReadOnlySpan<byte> bytes = utf8[..rune.EncodeToUtf8(utf8)];
        if (byteIds[bytes[0]] is not null)
            foreach (byte value in bytes)
                output.Add(symbol with { Id = byteIds[value] ?? Require(word) });
        else if (output.Count > 0 && output[^1].Id == unknownId)
            output[^1] = output[^1] with { End = symbol.End };
        else
            output.Add(symbol with { Id = Require(word) });
    }

    private int Require(ReadOnlySpan<char> word) =>
        unknownId ?? throw new TokenizerException($"'{word}' has a character that is no piece, and the model has no unknown piece.");
}
