using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// GSM8K's two readings of a response, as lm-evaluation-harness filters them: <c>strict-match</c> takes the number after the first <c>####</c>,
/// <c>flexible-extract</c> the last thing that looks like a number. No match gives the text <c>[invalid]</c>, which is then wrong.
/// </summary>
public static partial class Gsm8kAnswer
{
    /// <summary>What stands for an answer that was not found.</summary>
    public const string Invalid = "[invalid]";

    private static readonly ExactMatch Match = new() { IgnoreCase = true, Ignored = [Comma(), Dollar(), UpToAnswer(), FinalDot()] };

    /// <summary><c>strict-match</c>.</summary>
    public static string Strict(string response) => Strict().Match(response) is { Success: true } match ? PythonText.Strip(match.Groups[1].Value) : Invalid;

    /// <summary><c>strict-match</c> of chains of thought: the number after the first "The answer is".</summary>
    public static string StrictSentence(string response) =>
        Sentence().Match(response) is { Success: true } match ? PythonText.Strip(match.Groups[1].Value) : Invalid;

    /// <summary><c>flexible-extract</c>.</summary>
    public static string Flexible(string response) => Flexible().Matches(response).LastOrDefault() is { } match ? PythonText.Strip(match.Value) : Invalid;

    /// <summary>Whether an extracted answer equals the reference solution's.</summary>
    public static bool IsRight(string extracted, string solution) => Match.IsMatch(extracted, solution);

    [GeneratedRegex(@"#### (\-?[0-9\.\,]+)")]
    private static partial Regex Strict();

    [GeneratedRegex(@"The answer is (\-?[0-9\.\,]+).")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"(-?[$0-9.,]{2,})|(-?[0-9]+)")]
    private static partial Regex Flexible();

    [GeneratedRegex(",")]
    private static partial Regex Comma();

    [GeneratedRegex(@"\$")]
    private static partial Regex Dollar();

    [GeneratedRegex("(?s).*#### ")]
    private static partial Regex UpToAnswer();

    [GeneratedRegex(@"\.$")]
    private static partial Regex FinalDot();
}
