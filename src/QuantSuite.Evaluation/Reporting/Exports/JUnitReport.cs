using System.Globalization;
using System.Xml.Linq;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting.Exports;

/// <summary>
/// The verdicts as JUnit's XML, as Jenkins, GitLab and Azure read it: a suite for each model × recipe, a case for each task; fail and missing are failures,
/// refused is an error (the two runs were not of the same thing), all else passes, with its words beside it. The pooled verdict is a case of its own.
/// </summary>
public static class JUnitReport
{
    /// <summary>The document of a report.</summary>
    /// <param name="strict">Whether whatever is not equal fails.</param>
    public static XDocument Of(Report report, bool strict = false)
    {
        XElement[] suites = [.. report.Rows.GroupBy(row => (row.Result.Model, row.Result.Recipe))
            .Select(group => Suite([.. group], report.Matrix.Pooled.FirstOrDefault(p => (p.Model, p.Recipe) == group.Key), strict))];
        return new XDocument(new XElement("testsuites", new XAttribute("name", "QuantSuite"), Counts(suites.Elements("testcase")),
            Seconds(report.Rows.Sum(row => row.Result.Cost.Seconds)), suites));
    }

    private static XElement Suite(ReportRow[] rows, PooledVerdict? pooled, bool strict)
    {
        EvalResult first = rows[0].Result;
        string name = $"{first.Model}.{first.Recipe}";
        XElement[] cases = [.. rows.Select(row => Case(row, name, strict)), .. pooled is null ? [] : new[] { Pooled(pooled, name) }];
        return new XElement("testsuite", Attribute("name", name), Counts(cases), Seconds(rows.Sum(row => row.Result.Cost.Seconds)),
            Attribute("timestamp", rows.Max(row => row.Result.Environment.FinishedAt).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)),
            Attribute("hostname", "quantsuite"),
            new XElement("properties", Properties(first).Select(p => new XElement("property", Attribute("name", p.Name), Attribute("value", p.Value)))),
            cases);
    }

    private static IEnumerable<(string Name, string Value)> Properties(EvalResult first) =>
    [
        ("model", first.Model), ("recipe", first.Recipe), ("bits_per_weight", Figures.Fixed(first.Quantization.BitsPerWeight, 3)),
        ("processor", first.Environment.Processor), ("commit", first.Environment.Commit),
    ];

    private static XElement Case(ReportRow row, string suite, bool strict)
    {
        string words = VisibleText.Of(row.Verdict.Words + SuiteCommands.Below(row.Verdict, row.Result));
        string? element = row.Verdict.Kind == VerdictKind.Refused ? "error" : row.Verdict.Fails(strict) ? "failure" : null;
        return new XElement("testcase", Attribute("classname", suite), Attribute("name", row.Result.Task), Seconds(row.Result.Cost.Seconds),
            element is null
                ? new XElement("system-out", words)
                : new XElement(element, Attribute("type", row.Verdict.Kind.ToString().ToLowerInvariant()), Attribute("message", row.Verdict.Sentence), words));
    }

    private static XElement Pooled(PooledVerdict pooled, string suite)
    {
        string words = string.Join('\n', pooled.Parts.Select(PooledWords.Of));
        return new XElement("testcase", Attribute("classname", suite), Attribute("name", "all tasks together"), Seconds(0),
            pooled.Kind == VerdictKind.Fail ? new XElement("failure", Attribute("type", "fail"), Attribute("message", words), words) : new XElement("system-out", words));
    }

    private static XAttribute[] Counts(IEnumerable<XElement> cases)
    {
        XElement[] all = [.. cases];
        return
        [
            new("tests", all.Length), new("failures", all.Count(c => c.Element("failure") is not null)),
            new("errors", all.Count(c => c.Element("error") is not null)), new("skipped", 0),
        ];
    }

    private static XAttribute Attribute(string name, string value) => new(name, VisibleText.Of(value));

    private static XAttribute Seconds(double seconds) => new("time", seconds.ToString("0.000", CultureInfo.InvariantCulture));
}
