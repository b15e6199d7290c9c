using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// BLEU (Papineni et al. 2002) as sacrebleu computes it (signature <c>tok:13a smooth:exp</c>): modified n-gram precisions up to order 4, their
/// geometric mean, times the brevity penalty. The corpus score pools counts over all sentences and is no mean of sentence scores. With several
/// references n-gram counts are clipped by their maximum, and the closest length counts (the shorter of equals).
/// </summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Per order, in per cent, smoothed.</param>
public sealed partial record Bleu(
    double Score,
    IReadOnlyList<double> Precisions,
    double BrevityPenalty,
    int Length,
    int ReferenceLength,
    IReadOnlyList<int> Matches,
    IReadOnlyList<int> Totals)
{
    private const int Order = 4;

    /// <summary>Corpus BLEU. <paramref name="references"/>[i] are the references of sentence i.</summary>
    /// <param name="tokenize">mteval-v13a's tokenization; without it, text is split at white space.</param>
    public static Bleu Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, bool tokenize = true) =>
        Corpus(hypotheses, references, tokenize ? Tokenize13a : PythonText.Split);

    /// <summary>Corpus BLEU over the words of another tokenizer, e.g. <see cref="BleuTokenizer.Chinese"/>.</summary>
    public static Bleu Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, Func<string, IReadOnlyList<string>> tokenizer)
    {
        int[] matches = new int[Order], totals = new int[Order];
        int length = 0, referenceLength = 0;
        foreach ((string hypothesis, IReadOnlyList<string> sentenceReferences) in hypotheses.Zip(references))
        {
            IReadOnlyList<string> words = Words(hypothesis, tokenizer);
            List<IReadOnlyList<string>> others = [.. sentenceReferences.Select(reference => Words(reference, tokenizer))];
            length += words.Count;
            referenceLength += others.Select(other => other.Count).OrderBy(count => Math.Abs(count - words.Count)).ThenBy(count => count).First();
            for (int n = 1; n <= Order; n++)
                Count(words, others, n, ref matches[n - 1], ref totals[n - 1]);
        }
        return FromCounts(matches, totals, length, referenceLength, effectiveOrder: false);
    }

    /// <summary>BLEU of one sentence, over the orders that it is long enough for (sacrebleu's <c>effective_order</c>).</summary>
    public static Bleu Sentence(string hypothesis, IReadOnlyList<string> references, bool effectiveOrder = true)
    {
        Bleu corpus = Corpus([hypothesis], [references]);
        return FromCounts([.. corpus.Matches], [.. corpus.Totals], corpus.Length, corpus.ReferenceLength, effectiveOrder);
    }

    /// <summary>
    /// mteval-v13a's tokens: entities undone; ASCII punctuation apart, but not <c>.</c> and <c>,</c> between digits, and <c>-</c> only after one.
    /// </summary>
    public static IReadOnlyList<string> Tokenize13a(string line)
    {
        line = line.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        line = line.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        line = Punctuation().Replace($" {line} ", " $1 ");
        line = MarkAfterNonDigit().Replace(line, "$1 $2 ");
        line = MarkBeforeNonDigit().Replace(line, " $1 $2");
        return PythonText.Split(DashAfterDigit().Replace(line, "$1 $2 "));
    }

    private static IReadOnlyList<string> Words(string text, Func<string, IReadOnlyList<string>> tokenizer) => tokenizer(PythonText.StripEnd(text));

    private static void Count(IReadOnlyList<string> words, IReadOnlyList<IReadOnlyList<string>> references, int n, ref int matches, ref int total)
    {
        Dictionary<string, int> own = NGrams.Count(words, n);
        List<Dictionary<string, int>> others = [.. references.Select(reference => NGrams.Count(reference, n))];
        total += Math.Max(0, words.Count - n + 1);
        foreach ((string gram, int count) in own)
            matches += Math.Min(count, others.Max(other => other.GetValueOrDefault(gram)));
    }

    private static Bleu FromCounts(int[] matches, int[] totals, int length, int referenceLength, bool effectiveOrder)
    {
        double penalty = length >= referenceLength ? 1 : length > 0 ? Math.Exp(1 - (double)referenceLength / length) : 0;
        double[] precisions = new double[Order];
        int order = Order;
        double smoothing = 1;
        if (matches.All(count => count == 0))
            return new Bleu(0, precisions, penalty, length, referenceLength, matches, totals);
        for (int n = 0; n < Order && totals[n] > 0; n++)
        {
            order = effectiveOrder ? n + 1 : Order;
            precisions[n] = matches[n] > 0 ? 100.0 * matches[n] / totals[n] : 100 / ((smoothing *= 2) * totals[n]);
        }
        double score = precisions.Take(order).Any(p => p == 0) ? 0 : penalty * Math.Exp(precisions.Take(order).Sum(Math.Log) / order);
        return new Bleu(score, precisions, penalty, length, referenceLength, matches, totals);
    }

    [GeneratedRegex(@"([{-~[-` -&(-+:-@/])")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"([^0-9])([.,])")]
    private static partial Regex MarkAfterNonDigit();

    [GeneratedRegex(@"([.,])([^0-9])")]
    private static partial Regex MarkBeforeNonDigit();

    [GeneratedRegex(@"([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}
