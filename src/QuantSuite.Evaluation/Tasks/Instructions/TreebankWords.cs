using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>
/// Words as NLTK's <c>word_tokenize</c> cuts them, which follows the Penn Treebank: sentence by sentence, punctuation apart, a clitic apart from its verb
/// (<c>DO N'T</c>), hyphens kept.
/// </summary>
internal static partial class TreebankWords
{
    /// <summary>The words of a text.</summary>
    public static IReadOnlyList<string> Split(string text) => [.. Sentences.Split(text).SelectMany(OfSentence)];

    private static IReadOnlyList<string> OfSentence(string text)
    {
        text = OpeningMark().Replace(text, " $1 ");
        text = OpeningQuote().Replace(text, "$1 `` ");
        text = ColonOrComma().Replace(text, " $1 $2");
        text = ColonOrCommaAtEnd().Replace(text, " $1 ");
        text = Ellipsis().Replace(text, " $0 ");
        text = Symbol().Replace(text, " $0 ");
        text = FinalPeriod().Replace(text, "$1 $2 $3 ");
        text = Apostrophe().Replace(text, "$1 ' ");
        text = Bracket().Replace(text, " $0 ").Replace("--", " -- ", StringComparison.Ordinal);
        text = ClosingMark().Replace($" {text} ", " $1 ").Replace("''", " '' ", StringComparison.Ordinal).Replace("\"", " '' ", StringComparison.Ordinal);
        text = ShortClitic().Replace(text, "$1 $2 ");
        return PythonText.Split(LongClitic().Replace(text, "$1 $2 "));
    }

    [GeneratedRegex("([«“‘„]|[`]+)")]
    private static partial Regex OpeningMark();

    [GeneratedRegex("(^|[ (\\[{<])(?:\"|'{2})")]
    private static partial Regex OpeningQuote();

    [GeneratedRegex(@"([:,])([^\d])")]
    private static partial Regex ColonOrComma();

    [GeneratedRegex("([:,])$")]
    private static partial Regex ColonOrCommaAtEnd();

    [GeneratedRegex(@"\.{2,}")]
    private static partial Regex Ellipsis();

    [GeneratedRegex("[;@#$%&?!*]")]
    private static partial Regex Symbol();

    [GeneratedRegex("""([^\.])(\.)([\]\)}>"'»”’ ]*)\s*$""")]
    private static partial Regex FinalPeriod();

    [GeneratedRegex("([^'])' ")]
    private static partial Regex Apostrophe();

    [GeneratedRegex(@"[\]\[\(\)\{\}<>]")]
    private static partial Regex Bracket();

    [GeneratedRegex("([»”’])")]
    private static partial Regex ClosingMark();

    [GeneratedRegex("([^' ])('[sS]|'[mM]|'[dD]|') ")]
    private static partial Regex ShortClitic();

    [GeneratedRegex("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ")]
    private static partial Regex LongClitic();
}
