using System.Globalization;
using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Judging;

/// <summary>What a judge said of one turn.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="Turn">From 1 on.</param>
/// <param name="AnswerHash">Of the answer that was judged: another answer, another judgment.</param>
/// <param name="Rating">1 to 10, or null where the judge named none.</param>
/// <param name="Text">All that it said.</param>
public sealed partial record Judgment(string Item, string Category, int Turn, string AnswerHash, double? Rating, string Text)
{
    /// <summary>The first <c>[[rating]]</c> of a text, or else the first <c>[rating]</c>, as FastChat reads it.</summary>
    public static double? RatingOf(string text) =>
        Double().Match(text) is { Success: true } match ? Number(match) : Single().Match(text) is { Success: true } other ? Number(other) : null;

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[\[([0-9]+\.?[0-9]*)\]\]")]
    private static partial Regex Double();

    [GeneratedRegex(@"\[([0-9]+\.?[0-9]*)\]")]
    private static partial Regex Single();
}
