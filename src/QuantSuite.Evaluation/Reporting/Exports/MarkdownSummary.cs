using System.Text;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting.Exports;

/// <summary>
/// A summary in Markdown for a pull request or <c>$GITHUB_STEP_SUMMARY</c> (which takes 1 MiB): counts, the pooled verdict of each model × recipe, and the
/// rows that need a person, each with its words and commands folded away. The page has the rest.
/// </summary>
public static class MarkdownSummary
{
    private const int ShownRows = 50, ShownCharacters = 4_000;

    /// <summary>The text of a report.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        ReportRow[] attention = [.. report.Rows.Where(row => row.NeedsAttention).OrderBy(row => row.Verdict.Kind)];
        text.Append(attention.Length == 0
            ? $"## QuantSuite: {Figures.Count(report.Rows.Count)} rows as approved or better\n\n"
            : $"## QuantSuite: {Figures.Count(attention.Length)} of {Figures.Count(report.Rows.Count)} rows need a look\n\n");
        text.AppendJoin(" · ", report.Rows.GroupBy(row => row.Verdict.Kind).OrderBy(g => g.Key).Select(g => $"{Mark(g.Key)} {Figures.Count(g.Count())} {Word(g.Key)}")).Append("\n\n");
        Pooled(report, text);
        Attention(attention, text);
        foreach (UnreadableFile file in report.Unreadable.Take(20))
            text.Append($"- left out {Cell(file.Path)}: {Cell(file.Reason)}\n");
        return text.ToString();
    }

    private static void Pooled(Report report, StringBuilder text)
    {
        PooledVerdict[] judged = [.. report.Matrix.Pooled.Where(pooled => pooled.Kind != VerdictKind.Equal)];
        int equal = report.Matrix.Pooled.Count - judged.Length;
        if (judged.Length > 0)
        {
            text.Append("| all tasks together | model | recipe | tasks | change against approved, with limits |\n|---|---|---|---:|---|\n");
            foreach (PooledVerdict pooled in judged.OrderBy(pooled => pooled.Kind))
                text.Append($"| {Mark(pooled.Kind)} {Word(pooled.Kind)} | {Cell(pooled.Model)} | {Cell(pooled.Recipe)} | {pooled.TaskCount} | ")
                    .AppendJoin("; ", pooled.Parts.Select(PooledWords.Change)).Append(" |\n");
            text.Append('\n');
        }
        if (equal > 0)
            text.Append($"{Figures.Count(equal)} of {Figures.Count(report.Matrix.Pooled.Count)} models × recipes are as approved to the bit.\n\n");
    }

    private static void Attention(ReportRow[] rows, StringBuilder text)
    {
        if (rows.Length == 0)
            return;
        text.Append("| verdict | model | task | recipe | change against approved |\n|---|---|---|---|---|\n");
        foreach (ReportRow row in rows.Take(ShownRows))
            text.Append($"| {Mark(row.Verdict.Kind)} {Word(row.Verdict.Kind)} | {Cell(row.Result.Model)} | {Cell(row.Result.Task)} | {Cell(row.Result.Recipe)} | ")
                .Append(ChangeWords.Of(row.AgainstBaseline, row.Result.Gate.Kind)).Append(" |\n");
        text.Append(rows.Length > ShownRows ? $"\n… and {Figures.Count(rows.Length - ShownRows)} more, on the page.\n\n" : "\n");
        foreach (ReportRow row in rows.Take(ShownRows))
            text.Append($"<details><summary>{Mark(row.Verdict.Kind)} {Html(ResultKey.Of(row.Result).ToString())}</summary>\n\n{Fenced(row.Verdict.Words + SuiteCommands.Below(row.Verdict, row.Result))}\n</details>\n");
    }

    private static string Word(VerdictKind kind) => kind.ToString().ToLowerInvariant();

    // Shapes, not coloured dots alone.
    private static string Mark(VerdictKind kind) => kind switch
    {
        VerdictKind.Fail => "❌",
        VerdictKind.Refused => "🚫",
        VerdictKind.Missing => "◌",
        VerdictKind.Inconclusive => "❓",
        VerdictKind.Changed => "△",
        VerdictKind.Improved => "⬆️",
        VerdictKind.Pass => "✅",
        _ => "🟰",
    };

    internal static string Cell(string value) => Html(VisibleText.Of(value)).Replace("|", "\\|").Replace('\n', ' ').Replace("`", "\\`");

    private static string Html(string value) => value.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    // A fence longer than any run of backticks inside.
    private static string Fenced(string words)
    {
        string text = VisibleText.Shortened(words, ShownCharacters, 500);
        int longest = 0, run = 0;
        foreach (char character in text)
            longest = Math.Max(longest, run = character == '`' ? run + 1 : 0);
        string fence = new('`', Math.Max(3, longest + 1));
        return $"{fence}text\n{text}\n{fence}\n";
    }
}
