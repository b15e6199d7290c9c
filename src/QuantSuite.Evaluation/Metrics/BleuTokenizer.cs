using System.Text;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>sacrebleu's tokenizers beside 13a (<see cref="Bleu.Tokenize13a"/>): each gives the words that n-grams are counted over.</summary>
public static class BleuTokenizer
{
    // "\u20000" in the reference is U+2000 followed by a zero, so its range of rare ideographs takes in all of General Punctuation, arrows and more.
    private static readonly (int First, int Last)[] ChineseRanges =
    [
        (0x3400, 0x4db5), (0x4e00, 0x9fbb), (0xf900, 0xfa2d), (0xfa30, 0xfa6a), (0xfa70, 0xfad9), (0x2001, 0x2a6d), (0x2f81, 0x2fa1),
        (0xff00, 0xffef), (0x2e80, 0x2eff), (0x3000, 0x303f), (0x31c0, 0x31ef), (0x2f00, 0x2fdf), (0x2ff0, 0x2fff), (0x3100, 0x312f),
        (0x31a0, 0x31bf), (0xfe10, 0xfe1f), (0xfe30, 0xfe4f), (0x2600, 0x27bf), (0x3200, 0x33ff),
    ];

    /// <summary><c>zh</c>: Chinese characters and their punctuation apart, the rest by 13a's rules.</summary>
    public static IReadOnlyList<string> Chinese(string line)
    {
        var apart = new StringBuilder();
        foreach (Rune rune in PythonText.Strip(line).EnumerateRunes())
            _ = ChineseRanges.Any(range => rune.Value >= range.First && rune.Value <= range.Last) ? apart.Append(' ').Append(rune).Append(' ') : apart.Append(rune);
        return PythonText.Split(MtevalText.NumberMarksApart(MtevalText.PunctuationApart(apart.ToString())));
    }

    /// <summary><c>char</c>: every character but white space is a word.</summary>
    public static IReadOnlyList<string> Characters(string line) =>
        [.. line.EnumerateRunes().Select(rune => rune.ToString()).Where(text => !PythonText.IsSpace(text[0]))];

    /// <summary><c>intl</c>: Unicode punctuation apart unless a number stands on that side, Unicode symbols always apart.</summary>
    public static IReadOnlyList<string> International(string line)
    {
        // Rune by rune: a regular expression of .NET sees halves of characters outside of the basic plane.
        Rune[] runes = [.. line.EnumerateRunes()];
        runes = Apart(runes, (left, mark) => left is { } l && !Rune.IsNumber(l) && Rune.IsPunctuation(mark), before: true);
        runes = Apart(runes, (right, mark) => right is { } r && !Rune.IsNumber(r) && Rune.IsPunctuation(mark), before: false);
        string text = string.Concat(runes.Select(rune => Rune.IsSymbol(rune) ? $" {rune} " : rune.ToString()));
        return PythonText.Split(text);
    }

    // A pair of neighbours is taken once: what one match consumed the next one does not see.
    private static Rune[] Apart(Rune[] runes, Func<Rune?, Rune, bool> splits, bool before)
    {
        var space = new Rune(' ');
        var result = new List<Rune>();
        for (int i = 0; i < runes.Length; i++)
        {
            bool pair = i + 1 < runes.Length && (before ? splits(runes[i], runes[i + 1]) : splits(runes[i + 1], runes[i]));
            if (!pair)
                result.Add(runes[i]);
            else if (before)
                result.AddRange([runes[i], space, runes[++i], space]);
            else
                result.AddRange([space, runes[i], space, runes[++i]]);
        }
        return [.. result];
    }
}
