namespace QuantSuite.Evaluation.Metrics;

/// <summary>Counts of n-grams, which BLEU, chrF and ROUGE all start from. A gram is its parts joined by U+0000.</summary>
internal static class NGrams
{
    public static Dictionary<string, int> Count(IReadOnlyList<string> parts, int n)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i + n <= parts.Count; i++)
        {
            string gram = string.Join('\0', parts.Skip(i).Take(n));
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }
        return counts;
    }

    /// <summary>Grams that both sides hold, each counted as often as the side that has fewer.</summary>
    public static int Overlap(Dictionary<string, int> first, Dictionary<string, int> second) =>
        first.Sum(gram => Math.Min(gram.Value, second.GetValueOrDefault(gram.Key)));
}
