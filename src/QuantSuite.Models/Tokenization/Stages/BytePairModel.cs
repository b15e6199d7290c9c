using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Byte-pair encoding as Hugging Face tokenizers' BPE applies it: a word starts as its characters, which the merge list joins
/// (<see cref="BytePairMerges"/>).
/// </summary>
internal sealed class BytePairModel : TokenModel
{
    private readonly Vocabulary vocabulary;
    private readonly BytePairOptions options;
    private readonly BytePairMerges merges;
    private readonly int? unknownId;

    /// <summary>A model over a vocabulary; the merges are in the order in which they were learned.</summary>
    /// <exception cref="TokenizerException">A merge or the unknown token names a token that the vocabulary lacks.</exception>
    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BytePairOptions options)
        : this(vocabulary, Rank(vocabulary, merges, options), options)
    {
    }

    /// <summary>A model over a vocabulary with a table of merges.</summary>
    /// <exception cref="TokenizerException">The vocabulary lacks the unknown token.</exception>
    public BytePairModel(Vocabulary vocabulary, BytePairMerges merges, BytePairOptions options)
    {
        this.vocabulary = vocabulary;
        this.options = options;
        this.merges = merges;
        if (options.UnknownToken is { } unknown)
            unknownId = vocabulary.Find(unknown) ?? throw new TokenizerException($"model.unk_token is '{unknown}', which the vocabulary lacks.");
        CutsAtSpaces = !options.IgnoreMerges && !HasAffixes && vocabulary.Find("▁") is not null
            && !merges.All.Any(merge => HasInnerSpace(vocabulary.Token(merge.Id)));
    }

    private bool HasAffixes => options.ContinuingPrefix.Length + options.EndSuffix.Length > 0;

    /// <inheritdoc/>
    protected override Symbol[] Split(ReadOnlySpan<char> word) =>
        options.IgnoreMerges && vocabulary.Find(word) is int id ? [new Symbol(id, 0, word.Length)] : merges.Apply(Characters(word));

    private static BytePairMerges Rank(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BytePairOptions options)
    {
        var table = new BytePairMerges(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            bool prefixed = right.StartsWith(options.ContinuingPrefix, StringComparison.Ordinal);
            string joined = left + (prefixed ? right[options.ContinuingPrefix.Length..] : right);
            table.Add(Require(left), Require(right), rank, Require(joined));

            int Require(string token) => vocabulary.Find(token)
                ?? throw new TokenizerException($"merge {rank} needs the token '{token}', which the vocabulary lacks. Is the file intact?");
        }
        return table;
    }

    // A character without a token becomes its bytes <0xXX> where the vocabulary has them all, else the unknown token, else nothing. An unknown token waits
    // for what comes after it (in the reference bytes overtake it).
    private List<Symbol> Characters(ReadOnlySpan<char> word)
    {
        var symbols = new List<Symbol>(word.Length);
        Symbol? pending = null;
        for (int start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out Rune rune, out int units);
            int end = start + units;
            if (Find(word, start, end) is int id)
            {
                Flush(ref pending, symbols);
                symbols.Add(new Symbol(id, start, end));
            }
            else if (!AddBytes(rune, start, end, symbols) && unknownId is int unknown)
            {
                int from = options.FuseUnknown && pending is { } before ? before.Start : start;
                if (!options.FuseUnknown)
                    Flush(ref pending, symbols);
                pending = new Symbol(unknown, from, end);
            }
            start = end;
        }
        Flush(ref pending, symbols);
        return symbols;
    }

    private static void Flush(ref Symbol? pending, List<Symbol> symbols)
    {
        if (pending is { } unknown)
            symbols.Add(unknown);
        pending = null;
    }

    private int? Find(ReadOnlySpan<char> word, int start, int end) => !HasAffixes ? vocabulary.Find(word[start..end])
        : vocabulary.Find($"{(start > 0 ? options.ContinuingPrefix : "")}{word[start..end]}{(end == word.Length ? options.EndSuffix : "")}");

    private bool AddBytes(Rune rune, int start, int end, List<Symbol> symbols)
    {
        if (!options.ByteFallback)
            return false;
        Span<byte> utf8 = stackalloc byte[4];
        int count = symbols.Count;
        foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
        {
            if (vocabulary.FindByte(value) is not int id)
            {
                symbols.RemoveRange(count, symbols.Count - count);
                return false;
            }
            symbols.Add(new Symbol(id, start, end));
        }
        return true;
    }
}

/// <summary>The options of a BPE model by their names in tokenizer.json.</summary>
/// <param name="UnknownToken"><c>unk_token</c>: stands for characters without a token; null drops them.</param>
/// <param name="FuseUnknown"><c>fuse_unk</c>: several unknown characters in a row become one token.</param>
/// <param name="ByteFallback"><c>byte_fallback</c>: try the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> first.</param>
/// <param name="IgnoreMerges"><c>ignore_merges</c>: a word that is a token is taken whole.</param>
/// <param name="ContinuingPrefix"><c>continuing_subword_prefix</c>: stands before every character but a word's first.</param>
/// <param name="EndSuffix"><c>end_of_word_suffix</c>: stands after a word's last character.</param>
internal sealed record BytePairOptions(string? UnknownToken = null, bool FuseUnknown = false, bool ByteFallback = false, bool IgnoreMerges = false,
    string ContinuingPrefix = "", string EndSuffix = "");
