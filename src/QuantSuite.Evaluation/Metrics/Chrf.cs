using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// chrF (Popović 2015) as sacrebleu computes it: F-score (1 + β²)PR / (β²P + R), β = 2, of the mean precision P and mean recall R over character n-grams
/// of orders 1 to 6, white space removed, on code points without normalization; with <c>wordOrder: 2</c>, chrF++ (Popović 2017), whose words give up one
/// punctuation mark at an end. Orders that a side is too short for are left out of the means. Of several references the best counts. 0 to 100.
/// </summary>
public static class Chrf
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private const double Epsilon = 1e-16;

    /// <summary>The corpus score: counts of each sentence's best reference, pooled; <paramref name="references"/>[i] are those of sentence i.</summary>
    /// <param name="charOrder">The longest n-gram of characters.</param>
    /// <param name="wordOrder">The longest n-gram of words; 0 for none.</param>
    /// <param name="beta">How many times as much recall counts as precision.</param>
    /// <param name="lowercase">Compare lower-cased.</param>
    /// <param name="whitespace">White space counts as characters, that at the ends too.</param>
    /// <param name="epsilonSmoothing">
    /// The mean over all orders of each one's F-score, where an order that a side is too short for has 1e-16 for its precision or recall: the form of
    /// chrF++.py, Moses and NLTK, which lowers the scores of short texts.
    /// </param>
    public static double Corpus(
        IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, int charOrder = 6, int wordOrder = 0, double beta = 2,
        bool lowercase = false, bool whitespace = false, bool epsilonSmoothing = false)
    {
        var pooled = new Counts[charOrder + wordOrder];
        foreach ((string hypothesis, IReadOnlyList<string> sentenceReferences) in hypotheses.Zip(references))
        {
            List<Dictionary<string, int>> own = Grams(hypothesis);
            Counts[] best = sentenceReferences.Select(reference => Counts.Of(own, Grams(reference))).MaxBy(Score)!;
            for (int i = 0; i < pooled.Length; i++)
                pooled[i] += best[i];
        }
        return Score(pooled);

        List<Dictionary<string, int>> Grams(string text) => Chrf.Grams(lowercase ? PythonText.Lower(text) : text, charOrder, wordOrder, whitespace);
        double Score(Counts[] orders) => 100 * (epsilonSmoothing ? MeanOfScores(orders, beta) : ScoreOfMeans(orders, beta));
    }

    /// <summary>The score of one sentence, with the options of <see cref="Corpus"/>.</summary>
    public static double Sentence(
        string hypothesis, IReadOnlyList<string> references, int charOrder = 6, int wordOrder = 0, double beta = 2,
        bool lowercase = false, bool whitespace = false, bool epsilonSmoothing = false) =>
        Corpus([hypothesis], [references], charOrder, wordOrder, beta, lowercase, whitespace, epsilonSmoothing);

    private static List<Dictionary<string, int>> Grams(string text, int charOrder, int wordOrder, bool whitespace)
    {
        IReadOnlyList<string> parts = PythonText.Split(text);
        List<string> characters = [.. (whitespace ? text : string.Concat(parts)).EnumerateRunes().Select(rune => rune.ToString())];
        List<string> words = wordOrder == 0 ? [] : [.. parts.SelectMany(SplitPunctuation)];
        IEnumerable<Dictionary<string, int>> ofCharacters = Enumerable.Range(1, charOrder).Select(n => NGrams.Count(characters, n));
        return [.. ofCharacters, .. Enumerable.Range(1, wordOrder).Select(n => NGrams.Count(words, n))];
    }

    private static string[] SplitPunctuation(string word) =>
        word.Length == 1 ? [word] : Punctuation.Contains(word[^1]) ? [word[..^1], word[^1..]] : Punctuation.Contains(word[0]) ? [word[..1], word[1..]] : [word];

    private static double ScoreOfMeans(Counts[] orders, double beta)
    {
        var usable = orders.Where(counts => counts.Own > 0 && counts.Reference > 0).ToList();
        if (usable.Count == 0)
            return 0;
        double precision = usable.Sum(counts => (double)counts.Matches / counts.Own) / usable.Count;
        double recall = usable.Sum(counts => (double)counts.Matches / counts.Reference) / usable.Count;
        return precision + recall == 0 ? 0 : F(precision, recall, beta);
    }

    private static double MeanOfScores(Counts[] orders, double beta) => orders.Sum(counts =>
    {
        double precision = counts.Own > 0 ? (double)counts.Matches / counts.Own : Epsilon;
        double recall = counts.Reference > 0 ? (double)counts.Matches / counts.Reference : Epsilon;
        return precision + recall == 0 ? Epsilon : F(precision, recall, beta);
    }) / orders.Length;

    private static double F(double precision, double recall, double beta) =>
        (1 + beta * beta) * precision * recall / ((beta * beta * precision) + recall);

    private readonly record struct Counts(int Own, int Reference, int Matches)
    {
        // Grams of an order that the reference is too short for are not counted against the hypothesis.
        public static Counts[] Of(List<Dictionary<string, int>> own, List<Dictionary<string, int>> reference) => [.. own.Zip(reference, Of)];

        private static Counts Of(Dictionary<string, int> own, Dictionary<string, int> reference) =>
            new(reference.Count == 0 ? 0 : own.Values.Sum(), reference.Values.Sum(), NGrams.Overlap(own, reference));

        public static Counts operator +(Counts a, Counts b) => new(a.Own + b.Own, a.Reference + b.Reference, a.Matches + b.Matches);
    }
}
