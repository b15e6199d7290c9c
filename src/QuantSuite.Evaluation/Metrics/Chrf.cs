using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// chrF (Popović 2015) as sacrebleu computes it: F-score (β = 2) of the mean precision and mean recall over character n-grams of orders 1 to 6,
/// white space removed, on code points without normalization; with <c>wordOrder: 2</c>, chrF++. Orders that a side is too short for are left out
/// of the means. Of several references the best counts. 0 to 100.
/// </summary>
public static class Chrf
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>The corpus score: counts of each sentence's best reference, pooled.</summary>
    public static double Corpus(
        IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, int charOrder = 6, int wordOrder = 0, double beta = 2)
    {
        var pooled = new Counts[charOrder + wordOrder];
        foreach ((string hypothesis, IReadOnlyList<string> sentenceReferences) in hypotheses.Zip(references))
        {
            Counts[] best = Best(hypothesis, sentenceReferences, charOrder, wordOrder, beta);
            for (int i = 0; i < pooled.Length; i++)
                pooled[i] += best[i];
        }
        return Score(pooled, beta);
    }

    /// <summary>The score of one sentence.</summary>
    public static double Sentence(string hypothesis, IReadOnlyList<string> references, int charOrder = 6, int wordOrder = 0, double beta = 2) =>
        Score(Best(hypothesis, references, charOrder, wordOrder, beta), beta);

    private static Counts[] Best(string hypothesis, IReadOnlyList<string> references, int charOrder, int wordOrder, double beta)
    {
        List<Dictionary<string, int>> own = Grams(hypothesis, charOrder, wordOrder);
        return references.Select(reference => Counts.Of(own, Grams(reference, charOrder, wordOrder))).MaxBy(counts => Score(counts, beta))!;
    }

    private static List<Dictionary<string, int>> Grams(string text, int charOrder, int wordOrder)
    {
        List<string> characters = [.. string.Concat(PythonText.Split(text)).EnumerateRunes().Select(rune => rune.ToString())];
        List<string> words = wordOrder == 0 ? [] : [.. PythonText.Split(text).SelectMany(SplitPunctuation)];
        IEnumerable<Dictionary<string, int>> ofCharacters = Enumerable.Range(1, charOrder).Select(n => NGrams.Count(characters, n));
        return [.. ofCharacters, .. Enumerable.Range(1, wordOrder).Select(n => NGrams.Count(words, n))];
    }

    private static string[] SplitPunctuation(string word) =>
        word.Length == 1 ? [word] : Punctuation.Contains(word[^1]) ? [word[..^1], word[^1..]] : Punctuation.Contains(word[0]) ? [word[..1], word[1..]] : [word];

    private static double Score(Counts[] orders, double beta)
    {
        var usable = orders.Where(counts => counts.Own > 0 && counts.Reference > 0).ToList();
        if (usable.Count == 0)
            return 0;
        double precision = usable.Sum(counts => (double)counts.Matches / counts.Own) / usable.Count;
        double recall = usable.Sum(counts => (double)counts.Matches / counts.Reference) / usable.Count;
        double factor = beta * beta;
        return precision + recall == 0 ? 0 : 100 * ((1 + factor) * precision * recall / ((factor * precision) + recall));
    }

    private readonly record struct Counts(int Own, int Reference, int Matches)
    {
        // Grams of an order that the reference is too short for are not counted against the hypothesis.
        public static Counts[] Of(List<Dictionary<string, int>> own, List<Dictionary<string, int>> reference) => [.. own.Zip(reference, Of)];

        private static Counts Of(Dictionary<string, int> own, Dictionary<string, int> reference) =>
            new(reference.Count == 0 ? 0 : own.Values.Sum(), reference.Values.Sum(), NGrams.Overlap(own, reference));

        public static Counts operator +(Counts a, Counts b) => new(a.Own + b.Own, a.Reference + b.Reference, a.Matches + b.Matches);
    }
}
