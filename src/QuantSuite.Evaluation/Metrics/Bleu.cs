using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// BLEU (Papineni et al. 2002) as sacrebleu computes it (by default its signature <c>case:mixed tok:13a smooth:exp</c>): modified n-gram precisions pₙ up
/// to order 4, their geometric mean, times the brevity penalty min(1, e^(1 − reference length / length)). The corpus score pools counts over all sentences
/// and is no mean of sentence scores. With several references n-gram counts are clipped by their maximum, and the closest length counts (the shorter of
/// equals).
/// </summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Per order, in per cent, smoothed.</param>
/// <param name="Matches">Per order; with <see cref="BleuSmoothing.AddK"/> the k is in it, as sacrebleu reports it.</param>
/// <param name="Totals">n-grams of the hypotheses per order, with that same k.</param>
public sealed record Bleu(
    double Score,
    IReadOnlyList<double> Precisions,
    double BrevityPenalty,
    int Length,
    int ReferenceLength,
    IReadOnlyList<double> Matches,
    IReadOnlyList<double> Totals)
{
    private const int Order = 4;

    /// <summary>Corpus BLEU. <paramref name="references"/>[i] are the references of sentence i.</summary>
    /// <param name="tokenizer">
    /// The words of a line: <see cref="Tokenize13a"/> unless given, one of <see cref="BleuTokenizer"/>, or <see cref="PythonText.Split"/> for text that is
    /// tokenized (sacrebleu's <c>none</c>).
    /// </param>
    /// <param name="lowercase">Compare lower-cased.</param>
    /// <param name="smoothing">For orders without a match.</param>
    /// <param name="smoothingValue">Matches for <see cref="BleuSmoothing.Floor"/>, k for <see cref="BleuSmoothing.AddK"/>; null for sacrebleu's.</param>
    /// <param name="effectiveOrder">Average over the orders that the hypotheses are long enough for, not over all four.</param>
    public static Bleu Corpus(
        IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, Func<string, IReadOnlyList<string>>? tokenizer = null,
        bool lowercase = false, BleuSmoothing smoothing = BleuSmoothing.Exponential, double? smoothingValue = null, bool effectiveOrder = false)
    {
        double[] matches = new double[Order], totals = new double[Order];
        int length = 0, referenceLength = 0;
        foreach ((string hypothesis, IReadOnlyList<string> sentenceReferences) in hypotheses.Zip(references))
        {
            IReadOnlyList<string> words = Words(hypothesis);
            List<IReadOnlyList<string>> others = [.. sentenceReferences.Select(Words)];
            length += words.Count;
            referenceLength += others.Select(other => other.Count).OrderBy(count => Math.Abs(count - words.Count)).ThenBy(count => count).First();
            for (int n = 1; n <= Order; n++)
                Count(words, others, n, ref matches[n - 1], ref totals[n - 1]);
        }
        return FromCounts(matches, totals, length, referenceLength, smoothing, smoothingValue, effectiveOrder);

        IReadOnlyList<string> Words(string text) => (tokenizer ?? Tokenize13a)(PythonText.StripEnd(lowercase ? PythonText.Lower(text) : text));
    }

    /// <summary>BLEU of one sentence, with the options of <see cref="Corpus"/>; <paramref name="effectiveOrder"/> is on, as in sacrebleu.</summary>
    public static Bleu Sentence(
        string hypothesis, IReadOnlyList<string> references, Func<string, IReadOnlyList<string>>? tokenizer = null,
        bool lowercase = false, BleuSmoothing smoothing = BleuSmoothing.Exponential, double? smoothingValue = null, bool effectiveOrder = true) =>
        Corpus([hypothesis], [references], tokenizer, lowercase, smoothing, smoothingValue, effectiveOrder);

    /// <summary>
    /// mteval-v13a's tokens: entities undone; ASCII punctuation apart, but not <c>.</c> and <c>,</c> between digits, and <c>-</c> only after one.
    /// </summary>
    public static IReadOnlyList<string> Tokenize13a(string line)
    {
        line = line.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        return PythonText.Split(MtevalText.NumberMarksApart(MtevalText.PunctuationApart($" {MtevalText.Unescape(line)} ")));
    }

    private static void Count(IReadOnlyList<string> words, IReadOnlyList<IReadOnlyList<string>> references, int n, ref double matches, ref double total)
    {
        Dictionary<string, int> own = NGrams.Count(words, n);
        List<Dictionary<string, int>> others = [.. references.Select(reference => NGrams.Count(reference, n))];
        total += Math.Max(0, words.Count - n + 1);
        foreach ((string gram, int count) in own)
            matches += Math.Min(count, others.Max(other => other.GetValueOrDefault(gram)));
    }

    private static Bleu FromCounts(
        double[] matches, double[] totals, int length, int referenceLength, BleuSmoothing smoothing, double? smoothingValue, bool effectiveOrder)
    {
        double penalty = length >= referenceLength ? 1 : length > 0 ? Math.Exp(1 - (double)referenceLength / length) : 0;
        double[] precisions = new double[Order];
        if (matches.All(count => count == 0))
            return new Bleu(0, precisions, penalty, length, referenceLength, matches, totals);
        double added = smoothing == BleuSmoothing.AddK ? smoothingValue ?? 1 : 0;
        for (int n = 1; n < Order; n++)
            (matches[n], totals[n]) = (matches[n] + added, totals[n] + added);
        int order = totals.TakeWhile(total => total > 0).Count();
        double factor = 1;
        for (int n = 0; n < order; n++)
            precisions[n] = 100 * (matches[n] > 0 ? matches[n] : Unmatched(smoothing, smoothingValue, ref factor)) / totals[n];
        double[] averaged = effectiveOrder ? precisions[..order] : precisions;
        double score = averaged.Contains(0) ? 0 : penalty * Math.Exp(averaged.Sum(Math.Log) / averaged.Length);
        return new Bleu(score, precisions, penalty, length, referenceLength, matches, totals);
    }

    // The matches that an order without any is taken to have.
    private static double Unmatched(BleuSmoothing smoothing, double? value, ref double factor) => smoothing switch
    {
        BleuSmoothing.Exponential => 1 / (factor *= 2),
        BleuSmoothing.Floor => value ?? 0.1,
        _ => 0,
    };
}
