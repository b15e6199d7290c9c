namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// WordPiece (Schuster and Nakajima 2012) as BERT applies it: again and again the longest token that the rest of the word begins with, all but the first
/// with a prefix; a word that does not go up in tokens is unknown as a whole.
/// </summary>
internal sealed class WordPieceModel(Vocabulary vocabulary, string unknownToken, string continuingPrefix, int maxCharacters) : TokenModel
{
    private readonly int unknownId = vocabulary.Find(unknownToken)
        ?? throw new TokenizerException($"model.unk_token is '{unknownToken}', which the vocabulary lacks.");

    /// <inheritdoc/>
    protected override Symbol[] Split(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (var _ in word.EnumerateRunes())
            count++;
        var symbols = new List<Symbol>();
        for (int start = 0; start < word.Length && count <= maxCharacters; start = symbols[^1].End)
        {
            if (Longest(word, start) is not { } symbol)
                return [new Symbol(unknownId, 0, word.Length)];
            symbols.Add(symbol);
        }
        return count <= maxCharacters ? [.. symbols] : [new Symbol(unknownId, 0, word.Length)];
    }

    private Symbol? Longest(ReadOnlySpan<char> word, int start)
    {
        for (int end = word.Length; end > start; end--)
        {
            if (end < word.Length && char.IsLowSurrogate(word[end]))
                continue;
            int? id = start == 0 ? vocabulary.Find(word[..end]) : vocabulary.Find($"{continuingPrefix}{word[start..end]}");
            if (id is int found)
                return new Symbol(found, start, end);
        }
        return null;
    }
}
