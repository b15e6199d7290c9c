using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// lm-evaluation-harness's <c>exact_match</c>: both texts cleaned alike (regular expressions deleted in order, then case, ASCII punctuation and
/// digits where asked), then compared. Nothing is stripped. The reference holds texts in numpy arrays, whose habits are kept: trailing NULs vanish,
/// and lower-casing cannot lengthen a text.
/// </summary>
public sealed record ExactMatch
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Deleted from both texts, in order.</summary>
    public IReadOnlyList<Regex> Ignored { get; init; } = [];

    /// <summary>Compare lower-cased.</summary>
    public bool IgnoreCase { get; init; }

    /// <summary>Delete the 32 ASCII punctuation marks.</summary>
    public bool IgnorePunctuation { get; init; }

    /// <summary>Delete the ASCII digits.</summary>
    public bool IgnoreNumbers { get; init; }

    /// <summary>Whether the cleaned texts are equal.</summary>
    public bool IsMatch(string prediction, string reference) => Clean(prediction) == Clean(reference);

    private string Clean(string text)
    {
        text = Ignored.Aggregate(text, (rest, pattern) => pattern.Replace(rest, "")).TrimEnd('\0');
        if (IgnoreCase)
            text = Lower(text);
        if (IgnorePunctuation)
            text = string.Concat(text.Where(c => !Punctuation.Contains(c)));
        return IgnoreNumbers ? string.Concat(text.Where(c => !char.IsAsciiDigit(c))) : text;
    }

    private static string Lower(string text)
    {
        string lower = PythonText.Lower(text);
        return lower.Length <= text.Length ? lower : lower[..text.Length];
    }
}
