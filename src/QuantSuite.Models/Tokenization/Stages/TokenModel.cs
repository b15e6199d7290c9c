using System.Collections.Concurrent;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Makes tokens of a word. Words met before come from a cache.
/// <para>
/// A tokenizer without pre-tokenizer (Llama 2, Gemma, SentencePiece) makes one word of a whole text. Where no token has ▁ after another character, no
/// merge can cross such a place, so a model may have the text cut there first (<see cref="CutsAtSpaces"/>): the same tokens, and words that the cache knows.
/// </para>
/// </summary>
internal abstract class TokenModel
{
    private const char SpaceMark = '▁';
    private const int MaxCachedWords = 200_000;
    private const int MaxCachedLength = 100;

    private readonly ConcurrentDictionary<string, Symbol[]> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Symbol[]>.AlternateLookup<ReadOnlySpan<char>> cacheBySpan;
    private int cachedWords;

    protected TokenModel() => cacheBySpan = cache.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether tokens never cross the place before a ▁ that follows another character.</summary>
    protected bool CutsAtSpaces { get; init; }

    /// <summary>The tokens of a word, with the units of it that each covers.</summary>
    public ReadOnlySpan<Symbol> Tokenize(ReadOnlySpan<char> word) =>
        CutsAtSpaces && NextCut(word, 0) < word.Length ? TokenizeCut(word) : TokenizeWhole(word);

    /// <summary>The tokens of a word that is not in the cache.</summary>
    protected abstract Symbol[] Split(ReadOnlySpan<char> word);

    /// <summary>Whether a token has a ▁ after another character.</summary>
    protected static bool HasInnerSpace(ReadOnlySpan<char> token) => NextCut(token, 0) < token.Length;

    private static int NextCut(ReadOnlySpan<char> word, int from)
    {
        for (int i = from + 1; i < word.Length; i++)
            if (word[i] == SpaceMark && word[i - 1] != SpaceMark)
                return i;
        return word.Length;
    }

    private Symbol[] TokenizeCut(ReadOnlySpan<char> word)
    {
        var symbols = new List<Symbol>(word.Length / 3);
        for (int start = 0; start < word.Length;)
        {
            int end = NextCut(word, start);
            foreach (Symbol symbol in TokenizeWhole(word[start..end]))
                symbols.Add(new Symbol(symbol.Id, start + symbol.Start, start + symbol.End));
            start = end;
        }
        return [.. symbols];
    }

    private ReadOnlySpan<Symbol> TokenizeWhole(ReadOnlySpan<char> word)
    {
        if (word.Length > MaxCachedLength)
            return Split(word);
        if (cacheBySpan.TryGetValue(word, out Symbol[]? known))
            return known;
        Symbol[] symbols = Split(word);
        if (cachedWords < MaxCachedWords && cacheBySpan.TryAdd(word, symbols))
            Interlocked.Increment(ref cachedWords);
        return symbols;
    }
}

/// <summary>A token and the UTF-16 units [<paramref name="Start"/>, <paramref name="End"/>) of its word that it covers.</summary>
internal readonly record struct Symbol(int Id, int Start, int End);
