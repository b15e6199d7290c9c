using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// ROUGE (Lin 2004) as the package rouge_score computes it: lower-cased, everything but a–z and 0–9 divides words (so accented letters split them,
/// and text in other scripts scores 0). With <c>stem: true</c> (its <c>use_stemmer</c>, which published summarization scores mostly have), words
/// of more than three letters count as their stems by NLTK's Porter stemmer.
/// </summary>
/// <param name="FMeasure">2PR / (P + R), or 0.</param>
public readonly partial record struct Rouge(double Precision, double Recall, double FMeasure)
{
    /// <summary>ROUGE-N: overlap of n-grams.</summary>
    /// <param name="stem">Compare stems.</param>
    public static Rouge N(string target, string prediction, int n, bool stem = false)
    {
        Dictionary<string, int> expected = NGrams.Count(Words(target, stem), n), said = NGrams.Count(Words(prediction, stem), n);
        return Of(NGrams.Overlap(expected, said), said.Values.Sum(), expected.Values.Sum());
    }

    /// <summary>ROUGE-L: longest common subsequence of the whole texts.</summary>
    /// <param name="stem">Compare stems.</param>
    public static Rouge L(string target, string prediction, bool stem = false)
    {
        IReadOnlyList<string> expected = Words(target, stem), said = Words(prediction, stem);
        return Of(Common(expected, said).Count(), said.Count, expected.Count);
    }

    /// <summary>
    /// ROUGE-Lsum: for each line of the target the union of its longest common subsequences with the prediction's lines; a word counts as often as
    /// both sides have it.
    /// </summary>
    /// <param name="stem">Compare stems.</param>
    public static Rouge LSum(string target, string prediction, bool stem = false)
    {
        List<IReadOnlyList<string>> expected = Lines(target, stem), said = Lines(prediction, stem);
        Dictionary<string, int> expectedLeft = NGrams.Count([.. expected.SelectMany(line => line)], 1);
        Dictionary<string, int> saidLeft = NGrams.Count([.. said.SelectMany(line => line)], 1);
        int hits = 0;
        foreach (IReadOnlyList<string> line in expected)
            foreach (string word in said.SelectMany(other => Common(line, other)).Distinct().Order().Select(index => line[index]))
                if (expectedLeft.GetValueOrDefault(word) > 0 && saidLeft.GetValueOrDefault(word) > 0)
                {
                    hits++;
                    expectedLeft[word]--;
                    saidLeft[word]--;
                }
        return Of(hits, said.Sum(line => line.Count), expected.Sum(line => line.Count));
    }

    private static Rouge Of(int hits, int said, int expected)
    {
        double precision = said == 0 ? 0 : (double)hits / said, recall = expected == 0 ? 0 : (double)hits / expected;
        return new Rouge(precision, recall, hits == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    // Indices into the first sequence of one longest common subsequence; which of several, only LSum can tell, so ties go the reference's way.
    private static IEnumerable<int> Common(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        int[,] length = new int[first.Count + 1, second.Count + 1];
        for (int i = 1; i <= first.Count; i++)
            for (int j = 1; j <= second.Count; j++)
                length[i, j] = first[i - 1] == second[j - 1] ? length[i - 1, j - 1] + 1 : Math.Max(length[i - 1, j], length[i, j - 1]);
        for (int i = first.Count, j = second.Count; i > 0 && j > 0;)
        {
            if (first[i - 1] == second[j - 1])
            {
                yield return i - 1;
                i--;
                j--;
            }
            else if (length[i, j - 1] > length[i - 1, j])
            {
                j--;
            }
            else
            {
                i--;
            }
        }
    }

    private static List<IReadOnlyList<string>> Lines(string text, bool stem) =>
        [.. text.Split('\n').Where(line => line.Length > 0).Select(line => Words(line, stem))];

    private static IReadOnlyList<string> Words(string text, bool stem)
    {
        IReadOnlyList<string> words = PythonText.Split(Others().Replace(PythonText.Lower(text), " "));
        return stem ? [.. words.Select(word => word.Length > 3 ? PorterStemmer.Stem(word) : word)] : words;
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Others();
}
