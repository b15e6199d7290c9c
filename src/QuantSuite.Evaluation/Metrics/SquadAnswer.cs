using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Exact match and token F1 of the official SQuAD evaluation: lower case, ASCII punctuation deleted, the articles a, an and the deleted at word
/// boundaries, white space
/// joined; the best of several gold answers counts. The two versions differ where a side is empty: version 1.1 gives 0, version 2.0 gives 1 where both are.
/// </summary>
public static partial class SquadAnswer
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>What is compared.</summary>
    public static string Normalize(string text)
    {
        string bare = string.Concat(PythonText.Lower(text).Where(c => !Punctuation.Contains(c)));
        return string.Join(' ', PythonText.Split(Article().Replace(bare, " ")));
    }

    /// <summary>1 where the normalized answer is one of the gold ones.</summary>
    public static double ExactMatch(string prediction, IReadOnlyList<string> golds) => golds.Any(gold => Normalize(gold) == Normalize(prediction)) ? 1 : 0;

    /// <summary>F1 of the tokens in common, each counted as often as both sides have it; the best gold answer's.</summary>
    /// <param name="version2">SQuAD 2.0's rule for empty answers.</param>
    public static double F1(string prediction, IReadOnlyList<string> golds, bool version2 = false) => golds.Max(gold => F1(prediction, gold, version2));

    private static double F1(string prediction, string gold, bool version2)
    {
        string[] said = [.. PythonText.Split(Normalize(prediction))], expected = [.. PythonText.Split(Normalize(gold))];
        if (version2 && (said.Length == 0 || expected.Length == 0))
            return said.Length == expected.Length ? 1 : 0;
        int common = NGrams.Overlap(NGrams.Count(said, 1), NGrams.Count(expected, 1));
        return common == 0 ? 0 : 2.0 * common / (said.Length + expected.Length);
    }

    [GeneratedRegex(@"\b(a|an|the)\b")]
    private static partial Regex Article();
}
