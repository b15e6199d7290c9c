using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// The Winograd Schema Challenge in SuperGLUE's form: does a pronoun refer to a noun? The published spans are not always words of the text; they are put
/// right as the dataset <c>wsc.fixed</c> does it, which the reference reads.
/// </summary>
public sealed partial class WscTask() : MultipleChoiceTask(new(
    "wsc", "commonsense", "lm-evaluation-harness wsc 1.0, 0 shots: acc",
    "superglue/WSC.zip", "Levesque et al. 2012, KR"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        SuperGlue.Validation(data.Require(Source), "text", "target", "label").Select((line, index) =>
        {
            string noun = Span(line, 1), pronoun = Span(line, 2);
            return ChoiceItem.Of($"wsc/{index}",
                $"Passage: {Marked(line, pronoun)}\nQuestion: In the passage above, does the pronoun \"*{pronoun}*\" refer to \"*{noun}*\"?\nAnswer:",
                ["no", "yes"], line.Bool("label") ? 1 : 0);
        });

    // Case as in the text, no period at the end, no line ends.
    private static string Span(JsonLine line, int number)
    {
        string text = line.Inner("target").Text($"span{number}_text");
        if (text.Length == 0)
            throw line.Error($"'span{number}_text' is empty, expected words of the text.");
        if (line.Text("text").Contains(text, StringComparison.Ordinal) || text is "Kamenev and Zinoviev" or "Kamenev, Zinoviev, and Stalin")
            return text;
        bool lower = char.IsLower(Words(line, number)[^1][0]);
        return ((lower ? char.ToLowerInvariant(text[0]) : char.ToUpperInvariant(text[0])) + text[1..]).TrimEnd('.').Replace('\n', ' ');
    }

    // The words up to a span's first one, which is the last of them.
    private static IReadOnlyList<string> Words(JsonLine line, int number)
    {
        IReadOnlyList<string> words = PythonText.Split(line.Text("text"));
        return [.. words.Take(line.Inner("target").IntBelow($"span{number}_index", words.Count) + 1)];
    }

    private static string Marked(JsonLine line, string pronoun)
    {
        string text = line.Text("text"), before = string.Join(' ', Words(line, 2).SkipLast(1));
        string after = text[Math.Min(text.Length, before.Length + pronoun.Length + 1)..];
        return Detokenized($"{before} *{pronoun}*{after}");
    }

    private static string Detokenized(string text)
    {
        (string, string)[] spellings = [(" n't", "n't"), (" )", ")"), ("( ", "("), ("\" ", "\""), (" \"", "\"")];
        foreach ((string spaced, string joined) in spellings)
            text = text.Replace(spaced, joined, StringComparison.Ordinal);
        return SpacedMark().Replace(text, "$1");
    }

    [GeneratedRegex(" (['.,])")]
    private static partial Regex SpacedMark();
}
