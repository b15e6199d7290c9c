using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// WikiText as two Hub data sets cut the published file (wiki.test.raw): by page for lm-evaluation-harness, by line for GPTQ's scripts. Also the
/// harness's detokenizer. Python's slips in it are kept: the pattern with the slashes never meets real text.
/// </summary>
public static partial class WikitextPages
{
    /// <summary>Pages: a level-1 heading (<c>= Title =</c>) begins one; blank pages are dropped.</summary>
    public static IEnumerable<string> Split(string file)
    {
        var lines = new List<string>();
        foreach (string line in file.Split('\n'))
        {
            if (IsTitle(line))
            {
                if (Join(lines) is { } page)
                    yield return page;
                lines.Clear();
            }
            lines.Add(line);
        }
        if (Join(lines) is { } last)
            yield return last;
    }

    /// <summary>The Hub's rows joined (<c>"\n\n".join(dataset["text"])</c>): a row is a line with its newline, or empty where the line is blank.</summary>
    public static string JoinRows(string file)
    {
        string[] lines = file.Split('\n');
        IEnumerable<string> whole = lines[^1].Length == 0 ? lines[..^1] : lines;
        return string.Join("\n\n", whole.Select(line => PythonText.Strip(line).Length == 0 ? "" : line + "\n"));
    }

    /// <summary>lm-evaluation-harness's <c>wikitext_detokenizer</c>.</summary>
    public static string Detokenize(string page)
    {
        page = Contraction().Replace(Replace(page, ("s '", "s'")), "/'[0-9]/");
        page = Replace(page, (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."));
        page = Replace(page, (" : ", ": "), (" ; ", "; "), (" . ", ". "), (" ! ", "! "), (" ? ", "? "), (" , ", ", "));
        page = Braces().Replace(Brackets().Replace(Parentheses().Replace(page, "($1)"), "[$1]"), "{$1}");
        page = Apostrophes().Replace(Quotes().Replace(page, "\"$1\""), "'$1'");
        page = Replace(page, ("= = = =", "===="), ("= = =", "==="), ("= =", "=="), (" ° ", "°"));
        return Replace(page, (" \n", "\n"), ("\n ", "\n"), (" N ", " 1 "), (" 's", "'s"));
    }

    private static bool IsTitle(string line)
    {
        string heading = PythonText.Strip(Replace(line, ("= = =", "==="), ("= =", "==")));
        return heading.StartsWith("= ", StringComparison.Ordinal) && heading.EndsWith(" =", StringComparison.Ordinal);
    }

    private static string? Join(List<string> lines) => string.Join('\n', lines) is var page && PythonText.Strip(page).Length > 0 ? page : null;

    private static string Replace(string text, params ReadOnlySpan<(string Old, string New)> pairs)
    {
        foreach ((string old, string @new) in pairs)
            text = text.Replace(old, @new, StringComparison.Ordinal);
        return text;
    }

    [GeneratedRegex("/' [0-9]/")]
    private static partial Regex Contraction();

    [GeneratedRegex(@"\([" + PythonText.SpaceClass + @"]*([^\)]*?)[" + PythonText.SpaceClass + @"]*\)")]
    private static partial Regex Parentheses();

    [GeneratedRegex(@"\[[" + PythonText.SpaceClass + @"]*([^\]]*?)[" + PythonText.SpaceClass + @"]*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"{[" + PythonText.SpaceClass + @"]*([^}]*?)[" + PythonText.SpaceClass + @"]*}")]
    private static partial Regex Braces();

    [GeneratedRegex("\"[" + PythonText.SpaceClass + "]*([^\"]*?)[" + PythonText.SpaceClass + "]*\"")]
    private static partial Regex Quotes();

    [GeneratedRegex("'[" + PythonText.SpaceClass + "]*([^']*?)[" + PythonText.SpaceClass + "]*'")]
    private static partial Regex Apostrophes();
}
