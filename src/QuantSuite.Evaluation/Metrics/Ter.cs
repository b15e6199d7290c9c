using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Translation edit rate (Snover et al. 2006) as sacrebleu computes it, in the manner of Tercom: insertions, deletions, substitutions and shifts of word
/// runs, over the mean length of the references. Lower is better; 0 to 100 and beyond. Lower-cased unless asked otherwise.
/// </summary>
/// <param name="Score">In per cent; 100 for words against empty references.</param>
/// <param name="EditCount">Edits of all sentences, each against its nearest reference.</param>
/// <param name="ReferenceLength">Σ of the references' mean lengths.</param>
public sealed partial record Ter(double Score, int EditCount, double ReferenceLength)
{
    /// <summary>The score of a corpus; <paramref name="references"/>[i] are the references of sentence i.</summary>
    public static Ter Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, TerOptions? options = null)
    {
        Ter[] sentences = [.. hypotheses.Zip(references, (hypothesis, own) => Sentence(hypothesis, own, options))];
        return Of(sentences.Sum(sentence => sentence.EditCount), sentences.Sum(sentence => sentence.ReferenceLength));
    }

    /// <summary>The score of one sentence.</summary>
    public static Ter Sentence(string hypothesis, IReadOnlyList<string> references, TerOptions? options = null)
    {
        string[] words = Words(hypothesis, options ?? new TerOptions());
        string[][] others = [.. references.Select(reference => Words(reference, options ?? new TerOptions()))];
        return Of(others.Min(other => TerAlignment.EditCount(words, other)), others.Average(other => other.Length));
    }

    private static Ter Of(int edits, double length) => new(length > 0 ? 100 * (edits / length) : edits > 0 ? 100 : 0, edits, length);

    private static string[] Words(string text, TerOptions options)
    {
        text = PythonText.StripEnd(text);
        if (!options.CaseSensitive)
            text = PythonText.Lower(text);
        if (options.Normalized)
            text = options.AsianSupport ? Asian(Western(text)) : Western(text);
        if (options.NoPunctuation)
            text = Marks().Replace(text, "");
        return [.. PythonText.Split(text)];
    }

    private static string Western(string text)
    {
        text = MtevalText.Unescape(text.Replace("\n-", "", StringComparison.Ordinal).Replace('\n', ' '));
        return MtevalText.NumberMarksApart(MtevalText.PunctuationApart($" {text} ").Replace("'s ", " 's ", StringComparison.Ordinal));
    }

    // Ideographs, and the marks of their scripts, stand alone.
    private static string Asian(string text) => AsianMarks().Replace(Enclosed().Replace(Ideographs().Replace(text, " $1 "), " $1 "), " $1 ");

    [GeneratedRegex(@"[.,?:;!""()]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"([\u4e00-\u9fff\u3400-\u4dbf\u31c0-\u31ef\u2e80-\u2eff\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f])")]
    private static partial Regex Ideographs();

    [GeneratedRegex(@"([\u3200-\u3f22])")]
    private static partial Regex Enclosed();

    [GeneratedRegex(@"([\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09])")]
    private static partial Regex AsianMarks();
}

/// <summary>How TER reads its texts.</summary>
/// <param name="Normalized">Western punctuation apart.</param>
/// <param name="NoPunctuation">Delete . , ? : ; ! " ( ).</param>
/// <param name="AsianSupport">With <paramref name="Normalized"/>: ideographs and their punctuation apart.</param>
/// <param name="CaseSensitive">Do not lower-case.</param>
public sealed record TerOptions(bool Normalized = false, bool NoPunctuation = false, bool AsianSupport = false, bool CaseSensitive = false);
