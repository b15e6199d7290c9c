using System.Collections.Concurrent;
using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016) as Hugging Face tokenizers' BPE applies it: a word starts as its characters, and of all neighbours that
/// the merge list knows the earliest-learned pair is joined (the leftmost of equals) until none is left. A heap of candidates makes a word of n
/// characters cost n log n; words met before come from a cache.
/// </summary>
internal sealed class BytePairModel
{
    private const int MaxCachedWords = 200_000;
    private const int MaxCachedLength = 100;

    private readonly Vocabulary vocabulary;
    private readonly BytePairOptions options;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> merges;
    private readonly int? unknownId;
    private readonly ConcurrentDictionary<string, Symbol[]> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Symbol[]>.AlternateLookup<ReadOnlySpan<char>> cacheBySpan;
    private int cachedWords;

    /// <summary>A model over a vocabulary; the merges are in the order in which they were learned.</summary>
    /// <exception cref="TokenizerException">A merge or the unknown token names a token that the vocabulary lacks.</exception>
    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BytePairOptions options)
    {
        this.vocabulary = vocabulary;
        this.options = options;
        this.merges = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            this.merges[(Require(left, rank), Require(right, rank))] = (rank, Require(left + right, rank));
        }
        if (options.UnknownToken is { } unknown)
            unknownId = vocabulary.Find(unknown) ?? throw new TokenizerException($"model.unk_token is '{unknown}', which the vocabulary lacks.");
        cacheBySpan = cache.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The tokens of a word, with the units of it that each covers.</summary>
    public ReadOnlySpan<Symbol> Tokenize(ReadOnlySpan<char> word)
    {
        if (cacheBySpan.TryGetValue(word, out Symbol[]? known))
            return known;
        Symbol[] symbols = options.IgnoreMerges && vocabulary.Find(word) is int id ? [new Symbol(id, 0, word.Length)] : Merge(Characters(word));
        if (word.Length <= MaxCachedLength && cachedWords < MaxCachedWords && cacheBySpan.TryAdd(word, symbols))
            Interlocked.Increment(ref cachedWords);
        return symbols;
    }

    private int Require(string token, int rank) =>
        vocabulary.Find(token) ?? throw new TokenizerException($"merge {rank} needs the token '{token}', which the vocabulary lacks. Is the file intact?");

    // A character without a token becomes its bytes <0xXX> where the vocabulary has them all, else the unknown token, else nothing.
    private List<Symbol> Characters(ReadOnlySpan<char> word)
    {
        var symbols = new List<Symbol>(word.Length);
        bool afterUnknown = false;
        for (int start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out Rune rune, out int units);
            int end = start + units;
            bool known = vocabulary.Find(word[start..end]) is not null;
            if (vocabulary.Find(word[start..end]) is int id)
                symbols.Add(new Symbol(id, start, end));
            else if (AddBytes(rune, start, end, symbols))
                known = true;
            else if (unknownId is int unknown && afterUnknown && options.FuseUnknown)
                symbols[^1] = symbols[^1] with { End = end };
            else if (unknownId is int first)
                symbols.Add(new Symbol(first, start, end));
            afterUnknown = !known;
            start = end;
        }
        return symbols;
    }

    private bool AddBytes(Rune rune, int start, int end, List<Symbol> symbols)
    {
        if (!options.ByteFallback)
            return false;
        Span<byte> utf8 = stackalloc byte[4];
        int count = symbols.Count;
        foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
        {
            if (vocabulary.Find($"<0x{value:X2}>") is not int id)
            {
                symbols.RemoveRange(count, symbols.Count - count);
                return false;
            }
            symbols.Add(new Symbol(id, start, end));
        }
        return true;
    }

    // A linked list of symbols (previous, next; an id of -1 was merged away) and a heap of candidates, some of them out of date when their turn comes.
    private Symbol[] Merge(List<Symbol> symbols)
    {
        var previous = new int[symbols.Count];
        var next = new int[symbols.Count];
        var queue = new PriorityQueue<(int Left, int Id), long>();
        for (int i = 0; i < symbols.Count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < symbols.Count ? i + 1 : -1);
            if (next[i] > 0 && merges.TryGetValue((symbols[i].Id, symbols[i + 1].Id), out var merge))
                queue.Enqueue((i, merge.Id), Priority(merge.Rank, i));
        }
        while (queue.TryDequeue(out var candidate, out _))
        {
            int left = candidate.Left, right = next[left];
            if (symbols[left].Id < 0 || right < 0 || !merges.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge) || merge.Id != candidate.Id)
                continue;
            symbols[left] = new Symbol(merge.Id, symbols[left].Start, symbols[right].End);
            symbols[right] = symbols[right] with { Id = -1 };
            next[left] = next[right];
            if (next[left] >= 0)
                previous[next[left]] = left;
            Offer(previous[left], left);
            Offer(left, next[left]);
        }
        return symbols.Where(symbol => symbol.Id >= 0).ToArray();

        static long Priority(int rank, int left) => (long)rank << 32 | (uint)left;

        void Offer(int left, int right)
        {
            if (left >= 0 && right >= 0 && merges.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge))
                queue.Enqueue((left, merge.Id), Priority(merge.Rank, left));
        }
    }
}

/// <summary>A token and the UTF-16 units [<paramref name="Start"/>, <paramref name="End"/>) of its word that it covers.</summary>
internal readonly record struct Symbol(int Id, int Start, int End);

/// <summary>The options of a BPE model by their names in tokenizer.json.</summary>
/// <param name="UnknownToken"><c>unk_token</c>: stands for characters without a token; null drops them.</param>
/// <param name="FuseUnknown"><c>fuse_unk</c>: several unknown characters in a row become one token.</param>
/// <param name="ByteFallback"><c>byte_fallback</c>: try the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> first.</param>
/// <param name="IgnoreMerges"><c>ignore_merges</c>: a word that is a token is taken whole.</param>
internal sealed record BytePairOptions(string? UnknownToken = null, bool FuseUnknown = false, bool ByteFallback = false, bool IgnoreMerges = false);
