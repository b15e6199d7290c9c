using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// The rules of NIST's mteval-v13a that sacrebleu's BLEU tokenizers and Tercom's normalization share. Each caller has its own step before or between
/// them, and its own spaces at the ends of a line.
/// </summary>
internal static partial class MtevalText
{
    /// <summary>The four entities of SGML as characters.</summary>
    public static string Unescape(string text) =>
        text.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);

    /// <summary>Spaces around every ASCII mark but <c>'</c>, <c>,</c>, <c>-</c> and <c>.</c>.</summary>
    public static string PunctuationApart(string text) => Punctuation().Replace(text, " $1 ");

    /// <summary>Spaces around <c>.</c> and <c>,</c> unless digits stand on both sides, and around <c>-</c> after a digit.</summary>
    public static string NumberMarksApart(string text)
    {
        text = MarkAfterNonDigit().Replace(text, "$1 $2 ");
        text = MarkBeforeNonDigit().Replace(text, " $1 $2");
        return DashAfterDigit().Replace(text, "$1 $2 ");
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
