using System.Text.Json;
using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>
/// How each of IFEval's 25 instructions is checked (Zhou et al. 2023, 2311.07911), as the published checker does it, slips included. Where that checker
/// draws a letter at random because the item's own is none (<c>#</c>, <c>!</c>), the item's own is counted here.
/// </summary>
public static partial class InstructionChecks
{
    private static readonly Dictionary<string, Func<Instruction, string, bool>> Checks = new(StringComparer.Ordinal)
    {
        ["keywords:existence"] = static (instruction, text) => instruction.Texts("keywords").All(word => Instruction.Pattern(word).IsMatch(text)),
        ["keywords:frequency"] = static (instruction, text) =>
            instruction.Relates(Instruction.Pattern(instruction.Text("keyword")).Count(text), "relation", "frequency"),
        ["keywords:forbidden_words"] = static (instruction, text) =>
            !instruction.Texts("forbidden_words").Any(word => Instruction.Pattern($@"\b{word}\b").IsMatch(text)),
        ["keywords:letter_frequency"] = static (instruction, text) =>
            instruction.Relates(CountOf(PythonText.Lower(text), PythonText.Lower(instruction.Text("letter"))), "let_relation", "let_frequency"),
        ["language:response_language"] = static (instruction, text) => LanguageGuess.Of(text) is not { } language || language == instruction.Text("language"),
        ["length_constraints:number_sentences"] = static (instruction, text) => instruction.Relates(Sentences.Split(text).Count, "relation", "num_sentences"),
        ["length_constraints:number_words"] = static (instruction, text) => instruction.Relates(Word().Count(text), "relation", "num_words"),
        ["length_constraints:number_paragraphs"] = static (instruction, text) => HasParagraphs(text, instruction.Count("num_paragraphs")),
        ["length_constraints:nth_paragraph_first_word"] = static (instruction, text) => BeginsParagraph(
            text, instruction.Count("num_paragraphs"), instruction.Count("nth_paragraph"), PythonText.Lower(instruction.Text("first_word"))),
        ["detectable_content:number_placeholders"] = static (instruction, text) => Placeholder().Count(text) >= instruction.Count("num_placeholders"),
        ["detectable_content:postscript"] = static (instruction, text) => HasPostscript(PythonText.Lower(text), instruction.Text("postscript_marker")),
        ["detectable_format:number_bullet_lists"] = static (instruction, text) => StarBullet().Count(text) + DashBullet().Count(text) == instruction.Count("num_bullets"),
        ["detectable_format:constrained_response"] = static (_, text) =>
            new[] { "My answer is yes.", "My answer is no.", "My answer is maybe." }.Any(answer => text.Contains(answer, StringComparison.Ordinal)),
        ["detectable_format:number_highlighted_sections"] = static (instruction, text) => CountHighlights(text) >= instruction.Count("num_highlights"),
        ["detectable_format:multiple_sections"] = static (instruction, text) =>
            Instruction.Pattern($@"(?-i:\s?{instruction.Text("section_spliter")}\s?\d+\s?)").Count(text) >= instruction.Count("num_sections"),
        ["detectable_format:json_format"] = static (_, text) => IsJson(text),
        ["detectable_format:title"] = static (_, text) => Title().Matches(text).Any(title => PythonText.Strip(title.Value.TrimStart('<').TrimEnd('>')).Length > 0),
        ["combination:two_responses"] = static (_, text) => IsTwoResponses(text),
        ["combination:repeat_prompt"] = static (instruction, text) =>
            PythonText.Lower(PythonText.Strip(text)).StartsWith(PythonText.Lower(instruction.Text("prompt_to_repeat")), StringComparison.Ordinal),
        ["startend:end_checker"] = static (instruction, text) =>
            PythonText.Lower(PythonText.Strip(text).Trim('"')).EndsWith(PythonText.Lower(instruction.Text("end_phrase")), StringComparison.Ordinal),
        ["startend:quotation"] = static (_, text) => PythonText.Strip(text) is { Length: > 1 } whole && whole[0] == '"' && whole[^1] == '"',
        ["change_case:capital_word_frequency"] = static (instruction, text) =>
            instruction.Relates(TreebankWords.Split(text).Count(LetterCase.IsUpper), "capital_relation", "capital_frequency"),
        ["change_case:english_capital"] = static (_, text) => LetterCase.IsUpper(text) && LanguageGuess.Of(text) is null or "en",
        ["change_case:english_lowercase"] = static (_, text) => LetterCase.IsLower(text) && LanguageGuess.Of(text) is null or "en",
        ["punctuation:no_comma"] = static (_, text) => !text.Contains(',', StringComparison.Ordinal),
    };

    /// <summary>The names of all instructions.</summary>
    public static IReadOnlyCollection<string> Names => Checks.Keys;

    /// <summary>The check of a name.</summary>
    /// <exception cref="EvalDataException">There is none.</exception>
    public static Func<Instruction, string, bool> Find(string name) => Checks.TryGetValue(name, out var check) ? check
        : throw new EvalDataException($"There is no check of the instruction '{name}'. Known: {string.Join(", ", Checks.Keys.Order(StringComparer.Ordinal))}.");

    private static int CountOf(string text, string letter) => letter.Length == 0 ? 0 : text.Split(letter).Length - 1;

    // Paragraphs lie between ***; blank ones are allowed at the ends only.
    private static bool HasParagraphs(string text, int count)
    {
        string[] paragraphs = Divider().Split(text);
        bool[] blank = [.. paragraphs.Select(paragraph => PythonText.Strip(paragraph).Length == 0)];
        return !blank.Skip(1).SkipLast(1).Any(isBlank => isBlank) && paragraphs.Length - blank.Count(isBlank => isBlank) == count;
    }

    private static bool BeginsParagraph(string text, int count, int nth, string word)
    {
        string[] paragraphs = text.Split("\n\n");
        int full = paragraphs.Count(paragraph => PythonText.Strip(paragraph).Length > 0);
        if (nth > full || PythonText.Split(paragraphs[nth - 1]) is not [var first, ..])
            return false;
        first = first.TrimStart('\'').TrimStart('"');
        int end = first.IndexOfAny(['.', ',', '?', '!', '\'', '"']);
        return full == count && PythonText.Lower(end < 0 ? first : first[..end]) == word;
    }

    private static bool HasPostscript(string text, string marker) => marker switch
    {
        "P.P.S" => SecondPostscript().IsMatch(text),
        "P.S." => Postscript().IsMatch(text),
        _ => text.Contains(PythonText.Lower(marker), StringComparison.Ordinal),
    };

    private static int CountHighlights(string text) =>
        Highlight().Matches(text).Count(match => PythonText.Strip(match.Value.Trim('*')).Length > 0)
        + DoubleHighlight().Matches(text).Count(match => PythonText.Strip(match.Value[2..^2]).Length > 0);

    private static bool IsJson(string text)
    {
        string whole = PythonText.Strip(text);
        foreach (string fence in (string[])["```json", "```Json", "```JSON", "```"])
            whole = whole.StartsWith(fence, StringComparison.Ordinal) ? whole[fence.Length..] : whole;
        whole = PythonText.Strip(whole.EndsWith("```", StringComparison.Ordinal) ? whole[..^3] : whole);
        try
        {
            using var document = JsonDocument.Parse(whole, new JsonDocumentOptions { MaxDepth = 900 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsTwoResponses(string text)
    {
        string[] responses = [.. text.Split("******").Select(PythonText.Strip)];
        string[] full = [.. responses.Where(response => response.Length > 0)];
        return !responses.Skip(1).SkipLast(1).Any(response => response.Length == 0) && full.Length == 2 && full[0] != full[1];
    }

    // Python's \w has no combining marks.
    [GeneratedRegex(@"[\p{L}\p{N}_]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\s*p\.\s?p\.\s?s.*$", RegexOptions.Multiline)]
    private static partial Regex SecondPostscript();

    [GeneratedRegex(@"\s*p\.\s?s\..*$", RegexOptions.Multiline)]
    private static partial Regex Postscript();

    [GeneratedRegex(@"^\s*\*[^\*].*$", RegexOptions.Multiline)]
    private static partial Regex StarBullet();

    [GeneratedRegex(@"^\s*-.*$", RegexOptions.Multiline)]
    private static partial Regex DashBullet();

    [GeneratedRegex(@"\*[^\n\*]*\*")]
    private static partial Regex Highlight();

    [GeneratedRegex(@"\*\*[^\n\*]*\*\*")]
    private static partial Regex DoubleHighlight();

    [GeneratedRegex(@"\s?\*\*\*\s?")]
    private static partial Regex Divider();

    [GeneratedRegex(@"<<[^\n]+>>")]
    private static partial Regex Title();
}
