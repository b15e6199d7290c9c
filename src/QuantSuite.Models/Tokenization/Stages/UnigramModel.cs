using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to cut a text into tokens the one with the largest sum of scores, found by Viterbi's algorithm over
/// a trie of the tokens. A character that is no token counts as the unknown one at the lowest score less 10; unknown ones in a row become one token, or
/// their bytes.
/// <para>
/// Sums are kept in double precision as in Hugging Face tokenizers, or in single as in SentencePiece (<see cref="UnigramOptions.Single"/>), which compares a new
/// one before it is rounded: near ties tell them apart.
/// </para>
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly Vocabulary vocabulary;
    private readonly double[] scores;
    private readonly double unknownScore;
    private readonly UnigramOptions options;
    private readonly TokenTrie trie = new();

    /// <summary>A model; <paramref name="scores"/> has one for each id, NaN for an id that the text cannot give.</summary>
    public UnigramModel(Vocabulary vocabulary, double[] scores, double lowestScore, UnigramOptions options)
    {
        this.vocabulary = vocabulary;
        this.scores = scores;
        this.options = options;
        unknownScore = Round(lowestScore - UnknownPenalty);
        for (int id = 0; id < scores.Length; id++)
            if (!double.IsNaN(scores[id]) && vocabulary.Token(id) is { Length: > 0 } token)
                trie.Add(token, id);
    }

    /// <inheritdoc/>
    protected override Symbol[] Split(ReadOnlySpan<char> word)
    {
        List<Symbol> path = FindBest(word);
        var symbols = new List<Symbol>(path.Count);
        foreach (Symbol symbol in path)
            if (symbol.Id >= 0)
                symbols.Add(symbol);
            else if (!AddBytes(word, symbol, symbols))
                symbols.Add(symbol with { Id = Unknown(word) });
        return [.. symbols];
    }

    /// <summary>The best tokens that end at a place: the last one, its start, and the sum.</summary>
    private record struct Best(int Id, int Start, double Score);

    private double Round(double score) => options.Single ? (float)score : score;

    private int Unknown(ReadOnlySpan<char> word) => options.UnknownId
        ?? throw new TokenizerException($"'{word}' has a character that is no token, and the model has no unk_id.");

    // An id of -1 is the unknown token; those in a row are one symbol.
    private List<Symbol> FindBest(ReadOnlySpan<char> word)
    {
        var best = new Best[word.Length + 1];
        Array.Fill(best, new Best(-1, -1, 0), 1, word.Length);
        for (int start = 0; start < word.Length;)
        {
            int units = start + 1 < word.Length && char.IsSurrogatePair(word[start], word[start + 1]) ? 2 : 1;
            bool single = false;
            TokenTrie.Walk walk = trie.Start();
            for (int end = start; end < word.Length && walk.Next(word[end]); end++)
                if (walk.Value >= 0)
                {
                    Offer(best, start, end + 1, walk.Value, scores[walk.Value]);
                    single |= end + 1 - start == units;
                }
            if (!single)
                Offer(best, start, start + units, -1, unknownScore);
            start += units;
        }
        return Trace(best);
    }

    private void Offer(Best[] best, int start, int end, int id, double score)
    {
        double sum = score + best[start].Score;
        if (best[end].Start < 0 || sum > best[end].Score)
            best[end] = new Best(id, start, Round(sum));
    }

    private List<Symbol> Trace(Best[] best)
    {
        var path = new List<Symbol>();
        for (int end = best.Length - 1; end > 0; end = best[end].Start)
        {
            int id = best[end].Id == options.UnknownId ? -1 : best[end].Id;
            if (id < 0 && path.Count > 0 && path[^1].Id < 0)
                path[^1] = path[^1] with { Start = best[end].Start };
            else
                path.Add(new Symbol(id, best[end].Start, end));
        }
        path.Reverse();
        return path;
    }

    private bool AddBytes(ReadOnlySpan<char> word, Symbol unknown, List<Symbol> symbols)
    {
        if (!options.ByteFallback || vocabulary.Find(word[unknown.Start..unknown.End]) is not null)
            return false;
        int count = symbols.Count;
        Span<byte> utf8 = stackalloc byte[4];
        for (int start = unknown.Start; start < unknown.End;)
        {
            Rune.DecodeFromUtf16(word[start..unknown.End], out Rune rune, out int units);
            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (vocabulary.FindByte(value) is not int id)
                {
                    symbols.RemoveRange(count, symbols.Count - count);
                    return false;
                }
                // The reference gives each byte of an unknown run the whole run's range.
                symbols.Add(new Symbol(id, unknown.Start, unknown.End));
            }
            start += units;
        }
        return true;
    }
}

/// <summary>Options of a unigram model.</summary>
/// <param name="UnknownId">Stands for characters without a token; null: such a text is refused.</param>
/// <param name="ByteFallback">Unknown characters become the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> where the vocabulary has them.</param>
/// <param name="Single">Scores add in single precision.</param>
internal sealed record UnigramOptions(int? UnknownId, bool ByteFallback, bool Single = false);
