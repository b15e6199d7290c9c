namespace QuantSuite.Evaluation;

/// <summary>
/// Whether items of a task stand in a calibration text: GPT-3's rule (2005.14165, appendix C), 13 words in a row, lower-cased, punctuation aside. The n-grams of the text are
/// hashed once; an item of fewer words has none, and never leaks.
/// </summary>
public sealed class LeakDetector
{
    /// <summary>Words of an n-gram.</summary>
    public const int WordCount = 13;

    private const ulong Factor = 0x9E3779B97F4A7C15;
    private readonly HashSet<ulong> grams = [];

    /// <summary>The n-grams of a calibration text.</summary>
    public LeakDetector(string text)
    {
        foreach ((ulong hash, _) in GramsOf(text))
            grams.Add(hash);
    }

    /// <summary>The first 13 words of a text that the calibration text has too, as they stand there; or null.</summary>
    public string? FindShared(string text)
    {
        foreach ((ulong hash, Range place) in GramsOf(text))
            if (grams.Contains(hash))
                return text[place];
        return null;
    }

    // Each word's hash is FNV-1a of its lower-cased letters; an n-gram's is a polynomial of the last 13 of them.
    private static IEnumerable<(ulong Hash, Range Place)> GramsOf(string text)
    {
        var words = new Queue<(ulong Hash, int Start)>(WordCount + 1);
        int position = 0;
        while (NextWord(text, ref position) is { } word)
        {
            words.Enqueue(word);
            if (words.Count > WordCount)
                words.Dequeue();
            if (words.Count == WordCount)
                yield return (words.Aggregate(0UL, (sum, other) => (sum * Factor) ^ other.Hash), words.Peek().Start..position);
        }
    }

    private static (ulong Hash, int Start)? NextWord(string text, ref int position)
    {
        while (position < text.Length && !char.IsLetterOrDigit(text[position]))
            position++;
        int start = position;
        ulong hash = 0xCBF29CE484222325;
        for (; position < text.Length && char.IsLetterOrDigit(text[position]); position++)
            hash = (hash ^ char.ToLowerInvariant(text[position])) * 0x100000001B3;
        return position == start ? null : (hash, start);
    }
}
