using System.Text.Json;
using System.Text.RegularExpressions;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>The page as text: what it holds, that it is the same each time, and that nothing in it is taken for markup.</summary>
public partial class HtmlReportTests
{
    [Fact]
    public void Same_results_make_the_same_bytes_in_any_order()
    {
        Report report = SyntheticReport.Report(20);
        string html = HtmlReport.Render(report);
        Assert.Equal(html, HtmlReport.Render(SyntheticReport.Report(20)));
        Assert.Equal(html, HtmlReport.Render(report with { Rows = [.. report.Rows.Reverse()] }));
    }

    [Fact]
    public void Asks_the_network_for_nothing()
    {
        string html = HtmlReport.Render(SyntheticReport.Report(20));
        Assert.DoesNotMatch(OutsideReference(), html);
        Assert.Contains("default-src &#x27;none&#x27;", html);
        Assert.Equal(1, Count(html, "</html>"));
    }

    [Fact]
    public void Nothing_of_the_results_is_markup()
    {
        string html = HtmlReport.Render(HostileReport.Report());
        int chunks = Count(html, "<script type=\"application/octet-stream\"");
        Assert.Equal(chunks + 2, Count(html, "<script"));
        Assert.Equal(chunks + 2, Count(html, "</script"));
        Assert.DoesNotContain("<img", html);
        Assert.DoesNotContain('\u202E', html);
        Assert.DoesNotContain('\0', html);
        Assert.Equal(JsonValueKind.Object, Data(html).ValueKind);
    }

    [Fact]
    public void Every_row_has_its_line_and_its_detail()
    {
        Report report = SyntheticReport.Report(100);
        string html = HtmlReport.Render(report);
        List<(string Verdict, JsonElement Row)> rows = Details(html);
        Assert.Equal(report.Rows.Count, rows.Count);
        Assert.Equal(report.Rows.Count, Count(html, "class=\"open\""));
        JsonElement failed = rows.First(r => r.Verdict == "Fail").Row;
        Assert.Equal(failed.GetProperty("approvedCount").GetInt32(), failed.GetProperty("approved").GetArrayLength());
        Assert.Contains("accept --filter", failed.GetProperty("commands")[1].GetString());
    }

    [Fact]
    public void Every_verdict_has_its_tile_and_its_words()
    {
        string html = HtmlReport.Render(SyntheticReport.Report());
        List<(string Verdict, JsonElement Row)> rows = Details(html);
        foreach (VerdictKind kind in Enum.GetValues<VerdictKind>())
        {
            Assert.Contains($"data-verdict=\"{kind}\"", html);
            Assert.All(rows.Where(r => r.Verdict == $"{kind}"), r => Assert.NotEmpty(r.Row.GetProperty("words").GetString()!));
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Two_thousand_rows_stay_small()
    {
        string html = HtmlReport.Render(SyntheticReport.Report(200, [.. Enumerable.Range(0, 28).Select(i => $"model-{i}")]));
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(html), 0, 15_000_000);
        Assert.True(Details(html).Count >= 2_000);
    }

    [Fact]
    public void An_absent_folder_makes_a_page_that_names_the_command()
    {
        using TestFolder folder = new();
        Report report = HtmlReport.Write(folder["none"], folder["baselines"], folder["out/index.html"]);
        Assert.Empty(report.Rows);
        Assert.Contains("dotnet test evals/QuantSuite.Evals", File.ReadAllText(folder["out/index.html"]));
        Assert.Equal(["index.html"], Directory.GetFiles(folder["out"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Reads_results_from_any_subfolder_keeps_the_later_of_two_and_names_what_it_cannot_read()
    {
        using TestFolder folder = new();
        EvalResult result = SyntheticReport.Results(5, ["microworld-m"])[0];
        EvalResult later = result with { BitsHash = "later", Environment = result.Environment with { FinishedAt = result.Environment.FinishedAt.AddHours(1) } };
        Save(folder["results/a/later.json"], JsonSerializer.Serialize(later, EvalResultFile.Options));
        Save(folder["results/b/c/first.json"], JsonSerializer.Serialize(result, EvalResultFile.Options));
        Save(folder["results/broken.json"], "{\"model\": \"m\"");
        Save(folder["results/other.json"], "[1, 2]");

        Report report = HtmlReport.Write(folder["results"], folder["baselines"], folder["index.html"]);
        Assert.Equal("later", Assert.Single(report.Rows).Result.BitsHash);
        Assert.Equal(["broken.json", "other.json"], report.Unreadable.Select(f => f.Path));
        Assert.Contains("2 files were left out", File.ReadAllText(folder["index.html"]));
    }

    [Fact]
    public void A_result_that_is_not_a_number_is_shown_by_its_name()
    {
        EvalResult result = SyntheticReport.Results(5, ["m"]).First(r => r.Task == "stories");
        EvalResult broken = result with
        {
            Recipe = "rtn-int2-g32",
            Metrics = [new Metric("word_perplexity", double.PositiveInfinity, double.NaN, false, "per word")],
            Items = [.. result.Items.Select(i => i with { Score = double.NaN })],
        };
        string html = HtmlReport.Render(new Report { Rows = [Row(result, null), Row(broken, result)] });
        Assert.Contains("&#x221E;", html);
    }

    private static ReportRow Row(EvalResult result, EvalResult? full) => ReportRow.Of(result, Verdict.Missing(result), full);

    private static void Save(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static JsonElement Data(string html)
    {
        int start = html.IndexOf("id=\"data\">", StringComparison.Ordinal) + 10;
        return JsonDocument.Parse(html[start..html.IndexOf("</script>", start, StringComparison.Ordinal)]).RootElement;
    }

    // Each row's verdict and detail, inflated as the page's script does.
    private static List<(string Verdict, JsonElement Row)> Details(string html)
    {
        JsonElement index = Data(html), names = index.GetProperty("names");
        var chunks = Chunk().Matches(html).ToDictionary(m => int.Parse(m.Groups[1].Value), m => Inflated(m.Groups[2].Value));
        return [.. index.GetProperty("rows").EnumerateArray().Select(row =>
            (names[row[4].GetInt32()].GetString()!, chunks[row[5].GetInt32()].GetProperty("rows")[row[6].GetInt32()]))];
    }

    private static JsonElement Inflated(string text)
    {
        using var packed = new MemoryStream(Convert.FromBase64String(text));
        using var inflate = new System.IO.Compression.DeflateStream(packed, System.IO.Compression.CompressionMode.Decompress);
        return JsonDocument.Parse(inflate).RootElement;
    }

    private static int Count(string text, string part) => Regex.Count(text, Regex.Escape(part));

    [GeneratedRegex("id=\"chunk-(\\d+)\">([^<]*)<")]
    private static partial Regex Chunk();

    [GeneratedRegex("""(src|href|action|data)\s*=\s*["']?\s*(https?:|//)|url\(|@import|<link|<iframe|fetch\(|XMLHttpRequest|import\(""")]
    private static partial Regex OutsideReference();
}
