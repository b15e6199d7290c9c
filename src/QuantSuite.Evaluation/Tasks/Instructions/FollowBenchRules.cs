using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>
/// The checks of FollowBench's rule-checkable part, as its publisher has them (code/rule_based_evaluation.py), slips included: a sentence is what lies
/// between . ! ?, and a word what lies between single spaces.
/// </summary>
internal static partial class FollowBenchRules
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private static readonly (string Name, Func<int, string, string, bool> IsFollowed)[] All =
    [
        ("E2E", static (_, text, target) => text == target),
        ("WIKIEVENTS", static (_, text, target) => text.Split('\n').All(target.Split('\n').Contains)),
        ("CONLL2003", static (_, text, target) => Entities(target).Contains(text)),
        ("text_editing", static (_, text, target) => text == target),
        ("cnn_dailymail", static (level, text, _) => FollowsNews(level, text)),
        ("xsum", static (level, text, _) => Sentences(text).Length == 1 && Holds(level,
            Words(text) < 20, !Has(text, "Newton Stewart"), Continuous().IsMatch(text), Has(text, "operation"))),
        ("samsum", static (level, text, _) => Sentences(text).Length == 1 && Holds(level,
            Words(text) < 15, Has(text, "stuff"), !text.Contains("procrast", StringComparison.OrdinalIgnoreCase), text.Count(Punctuation.Contains) == 1)),
        ("gigaword", static (level, text, _) => Words(text) == 8 && Holds(level,
            !text.Any(Punctuation.Contains), LetterCase.IsLower(text), !Has(text, "bus"), Has(text, "in"))),
        ("arxiv", static (level, text, _) => Sentences(text).Length == 1 && Holds(level,
            Words(text) <= 20, text.StartsWith("We", StringComparison.Ordinal), Has(text, "activations"), !Has(text, "transformer"))),
        ("BBH_logical", static (_, text, target) => Option().Matches(text).LastOrDefault()?.Value == target),
        ("BBH_time", static (_, text, target) => Date().Matches(text).LastOrDefault()?.Value == target),
        ("self_made_space", static (_, text, target) => text.Contains(target, StringComparison.Ordinal)),
        ("gsm_8k", static (_, text, target) => Dollars().Matches(text).LastOrDefault()?.Value == target),
        ("format/22", static (level, text, _) => FollowsParagraphs(level, text)),
        ("format/30", static (level, text, _) => FollowsMarkers(level, text)),
        ("example", static (_, text, target) => FollowsExample(text, target)),
    ];

    /// <summary>The rule of a record, or −1 where it takes a judge.</summary>
    public static int IndexOf(JsonLine record)
    {
        string name = record.Text("category") switch { "example" => "example", "format" => $"format/{record.Index("example_id")}", _ => record.Text("source") };
        return Array.FindIndex(All, rule => rule.Name == name);
    }

    /// <summary>Whether a text satisfies all constraints up to a level.</summary>
    public static bool IsFollowed(int rule, int level, string text, string target) => All[rule].IsFollowed(level, text, target);

    // The constraints of levels 2, 3, 4 and 5, of which those up to the level must hold.
    private static bool Holds(int level, params ReadOnlySpan<bool> constraints) => !constraints[..Math.Min(level - 1, constraints.Length)].Contains(false);

    private static bool FollowsNews(int level, string text)
    {
        string[] sentences = Sentences(text);
        return sentences.Length == 3 && Holds(level,
            sentences.All(sentence => PythonText.Split(sentence).Count < 15),
            Has(sentences[0], "Potter") && Has(sentences[1], "actor") && Has(sentences[2], "films"),
            !Has(sentences[1], "lavish"),
            Perfect().IsMatch(sentences[2]));
    }

    private static bool FollowsParagraphs(int level, string text)
    {
        string[] paragraphs = text.Split("\n\n");
        return paragraphs.Length == (level == 5 ? 4 : 3) && Holds(level,
            paragraphs[..3].All(paragraph => Sentences(paragraph).Length < 3),
            Sentences(text).All(sentence => PythonText.Split(sentence).Count > 20),
            paragraphs.Select(paragraph => paragraph.TrimStart()).All(paragraph => paragraph.Length == 0 || Numbered().IsMatch(paragraph)),
            text.EndsWith("Those are suggestions", StringComparison.Ordinal));
    }

    private static bool FollowsMarkers(int level, string text)
    {
        string[] sentences = SentenceGap().Split(text);
        return text.Contains("**", StringComparison.Ordinal) && Holds(level,
            Point().Count(text) == 5,
            sentences.Where(sentence => Enumerable.Range(1, 5).Any(number => sentence.Contains($"{number}.", StringComparison.Ordinal)))
                .All(sentence => sentence.Split('.').Length < 3),
            sentences.All(sentence => PythonText.Split(sentence).Count is >= 10 and <= 15),
            sentences.SelectMany(PythonText.Split).All(word => !word.EndsWith("-ly", StringComparison.Ordinal)));
    }

    // The template of the examples shown, with anything on one line for the answer.
    private static bool FollowsExample(string text, string target)
    {
        string template = target.Replace("{instruction}\n", "", StringComparison.Ordinal).Replace("{{", "{", StringComparison.Ordinal)
            .Replace("}}", "}", StringComparison.Ordinal).Replace("{answer}", ".*", StringComparison.Ordinal);
        string pattern = Regex.Escape(template).Replace(@"\.\*", ".*", StringComparison.Ordinal);
        return new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking).IsMatch(text);
    }

    // A Python list of texts: quotes are single unless a text has one in it.
    private static IEnumerable<string> Entities(string list) => Quoted().Matches(list).Select(match => match.Groups["one"].Success ? match.Groups["one"].Value : match.Groups["two"].Value);

    private static string[] Sentences(string text) => [.. text.Split('.', '!', '?').Where(sentence => sentence.Length > 0)];

    private static int Words(string text) => text.Split(' ').Length;

    private static bool Has(string text, string word) => Regex.IsMatch(text, $@"\b{Regex.Escape(word)}\b", RegexOptions.CultureInvariant);

    [GeneratedRegex(@"\b(am|is|are)\s+\w+ing\b")]
    private static partial Regex Continuous();

    [GeneratedRegex(@"\b(has|have)\s+\w+")]
    private static partial Regex Perfect();

    [GeneratedRegex(@"\([A-Z]\)")]
    private static partial Regex Option();

    [GeneratedRegex(@"[0-9]{2}/[0-9]{2}/[0-9]{4}")]
    private static partial Regex Date();

    [GeneratedRegex(@"\$[0-9]+")]
    private static partial Regex Dollars();

    [GeneratedRegex(@"^[0-9]+\.")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\*\*[0-9].+?:")]
    private static partial Regex Point();

    [GeneratedRegex(@"(?<!\w\.\w.)(?<![A-Z][a-z]\.)(?<=\.|\?)\s")]
    private static partial Regex SentenceGap();

    [GeneratedRegex("""'(?<one>[^']*)'|"(?<two>[^"]*)""")]
    private static partial Regex Quoted();
}
