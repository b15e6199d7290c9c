using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Reporting.Exports;
using QuantSuite.Tests.Cli;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>The files for other tools have the shapes that those tools read.</summary>
public class ExportTests
{
    private static readonly Report Report = SyntheticReport.Report(40);

    // What Jenkins' JUnit plugin accepts, which GitLab's and Azure's readers take too; order within a suite and a case matters.
    private const string JUnitSchema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:attributeGroup name="counts">
            <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="failures" type="xs:nonNegativeInteger"/>
            <xs:attribute name="errors" type="xs:nonNegativeInteger"/><xs:attribute name="skipped" type="xs:nonNegativeInteger"/><xs:attribute name="time" type="xs:decimal"/>
          </xs:attributeGroup>
          <xs:complexType name="problem" mixed="true"><xs:attribute name="type" type="xs:string"/><xs:attribute name="message" type="xs:string"/></xs:complexType>
          <xs:element name="testsuites"><xs:complexType>
            <xs:sequence><xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
            <xs:attribute name="name" type="xs:string"/><xs:attributeGroup ref="counts"/>
          </xs:complexType></xs:element>
          <xs:element name="testsuite"><xs:complexType>
            <xs:sequence>
              <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="property" maxOccurs="unbounded"><xs:complexType>
                <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="value" type="xs:string" use="required"/>
              </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
              <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
                <xs:choice minOccurs="0" maxOccurs="unbounded">
                  <xs:element name="skipped" type="problem"/><xs:element name="error" type="problem"/><xs:element name="failure" type="problem"/>
                  <xs:element name="system-out" type="xs:string"/><xs:element name="system-err" type="xs:string"/>
                </xs:choice>
                <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="classname" type="xs:string"/><xs:attribute name="time" type="xs:decimal"/>
              </xs:complexType></xs:element>
            </xs:sequence>
            <xs:attribute name="name" type="xs:string" use="required"/><xs:attributeGroup ref="counts"/>
            <xs:attribute name="timestamp" type="xs:dateTime"/><xs:attribute name="hostname" type="xs:token"/>
          </xs:complexType></xs:element>
        </xs:schema>
        """;

    [Fact]
    public void Junit_is_valid_and_counts_what_fails()
    {
        XDocument document = Validated(JUnitReport.Of(Report));
        XElement root = document.Root!;
        int failing = Report.Rows.Count(row => row.Verdict.Fails() && row.Verdict.Kind != VerdictKind.Refused) + Report.Matrix.Pooled.Count(pooled => pooled.Kind == VerdictKind.Fail);
        Assert.Equal(failing, (int)root.Attribute("failures")!);
        Assert.Equal(Report.Rows.Count(row => row.Verdict.Kind == VerdictKind.Refused), (int)root.Attribute("errors")!);
        Assert.Equal(root.Elements().Sum(suite => (int)suite.Attribute("tests")!), (int)root.Attribute("tests")!);
        Assert.Contains("accept --filter", root.Descendants("failure").First().Value);
    }

    [Fact]
    public void Junit_takes_hostile_text() => Assert.Contains("window.hacked", Validated(JUnitReport.Of(HostileReport.Report())).ToString());

    [Fact]
    public void Csv_has_one_record_a_row_and_doubles_its_quotes()
    {
        List<string[]> records = Records(CsvTable.Of(Report));
        Assert.Equal(Report.Rows.Count + 1, records.Count);
        Assert.All(records, record => Assert.Equal(records[0].Length, record.Length));
        int value = Array.IndexOf(records[0], "value");
        Assert.Equal(Report.Rows.Select(row => row.Result.Metrics[0].Value), records.Skip(1).Select(record => double.Parse(record[value])));
        Assert.All(Records(CsvTable.Of(HostileReport.Report())), record => Assert.Equal(records[0].Length, record.Length));
    }

    [Fact]
    public void Markdown_names_the_pooled_result_first_and_every_row_that_needs_a_look()
    {
        string text = MarkdownSummary.Of(Report);
        Assert.InRange(text.Length, 500, 1 << 20);
        Assert.True(text.IndexOf("all tasks together", StringComparison.Ordinal) < text.IndexOf("change against approved |\n|---|---|---|---|---|", StringComparison.Ordinal));
        Assert.Equal(Report.Rows.Count(row => row.NeedsAttention), text.Split("<details>").Length - 1);
        Assert.DoesNotContain("<script", MarkdownSummary.Of(HostileReport.Report()).Split("```text")[0]);
    }

    [Fact]
    public void A_table_has_tasks_by_recipes_and_changes_against_full_precision()
    {
        string[] lines = MarkdownTable.Of(Report).Split('\n');
        Assert.Equal(2 * SyntheticReport.Tasks.Length, lines.Count(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Task", StringComparison.Ordinal)));
        Assert.Equal("| Task | Ability | Metric | Items | fp32, 32.00 bits | fp32-kv4, 32.00 bits |", string.Join('|', lines.First(line => line.StartsWith("| Task", StringComparison.Ordinal)).Split('|')[..7]) + "|");
        ReportRow full = Row("fp32"), worst = Row("rtn-int2-g32");
        string[] cells = [.. lines.First(line => line.StartsWith("| knowledge ", StringComparison.Ordinal)).Split('|', StringSplitOptions.TrimEntries)[1..^1]];
        Assert.Equal(["knowledge", "knowledge", "acc, %", "40"], cells[..4]);
        Assert.Equal($"{100 * full.Result.Metrics[0].Value:F1} ± {100 * full.Result.Metrics[0].StandardError:F1}", cells[4]);
        double change = 100 * (worst.Result.Metrics[0].Value - full.Result.Metrics[0].Value);
        Assert.Contains($"(**−{-change:F1} ± ", cells[^1]);

        static ReportRow Row(string recipe) => Report.Rows.First(row => row.Result.Task == "knowledge" && row.Result.Recipe == recipe);
    }

    [Fact]
    public void Lm_eval_results_have_the_harness_layout()
    {
        EvalResult[] tasks = [.. Report.Rows.Select(row => row.Result).Where(result => result is { Model: "microworld-m", Recipe: "rtn-int4-g32" })];
        JsonObject results = LmEvalFiles.Results(tasks);
        string[] sections = ["results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples"];
        foreach (string section in sections)
            Assert.Equal(tasks.Select(task => task.Task).Order(), results[section]!.AsObject().Select(entry => entry.Key).Order());
        foreach (string name in (string[])["config", "git_hash", "date", "pretty_env_info", "task_hashes", "model_source", "model_name", "model_name_sanitized", "total_evaluation_time_seconds"])
            Assert.True(results.ContainsKey(name), name);
        JsonObject knowledge = results["results"]!["knowledge"]!.AsObject();
        Assert.Equal(["alias", "acc,none", "acc_stderr,none"], knowledge.Select(entry => entry.Key));
        Assert.Equal(tasks.Single(task => task.Task == "knowledge").Metrics[0].Value, (double)knowledge["acc,none"]!);
        Assert.Equal("multiple_choice", (string)results["configs"]!["knowledge"]!["output_type"]!);
        Assert.Equal("loglikelihood_rolling", (string)results["configs"]!["stories"]!["output_type"]!);
    }

    [Theory]
    [InlineData("knowledge", 4)]
    [InlineData("arithmetic", 1)]
    [InlineData("stories", 1)]
    public void Lm_eval_samples_have_the_harness_fields(string task, int requests)
    {
        EvalResult result = Report.Rows.First(row => row.Result.Task == task).Result;
        JsonObject[] samples = [.. LmEvalFiles.Samples(result)];
        Assert.Equal(result.Items.Count, samples.Length);
        Assert.Equal(Enumerable.Range(0, samples.Length), samples.Select(sample => (int)sample["doc_id"]!));
        JsonObject first = samples[0];
        string[] fields = ["doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash"];
        Assert.Equal(fields, first.Select(entry => entry.Key).Take(fields.Length));
        Assert.Equal(requests, first["arguments"]!.AsObject().Count);
        Assert.Equal(result.Items[0].Prompt, (string)first["arguments"]!["gen_args_0"]!["arg_0"]!);
        Assert.Equal(requests, first["filtered_resps"]!.AsArray().Count);
        Assert.Equal(JsonValueKind.String, first["target"]!.GetValueKind());
        foreach (JsonNode? metric in first["metrics"]!.AsArray())
            Assert.True(first.ContainsKey((string)metric!), $"{metric}");
    }

    [Fact]
    public async Task The_verb_writes_all_of_them_and_gates()
    {
        using TestFolder folder = new();
        foreach (EvalResult result in SyntheticReport.Results(10, ["microworld-m"]).Where(result => result.Task is "knowledge" or "stories" && result.Recipe is "fp32" or "rtn-int8"))
            EvalResultFile.Write(folder["results"], result);
        CommandRun run = await CommandRun.Of("report", "--results", folder["results"], "--baselines", folder["baselines"], "-o", folder["page.html"],
            "--markdown", folder["summary.md"], "--junit", folder["junit.xml"], "--csv", folder["rows.csv"], "--lm-eval-json", folder["lm-eval"], "--gate");
        Assert.Equal(1, run.ExitCode); // nothing is approved there
        Assert.Contains("need a look", File.ReadAllText(folder["summary.md"]));
        Validated(XDocument.Load(folder["junit.xml"]));
        string[] files = [.. Directory.GetFiles(folder["lm-eval"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder["lm-eval"], path)).Order()];
        Assert.Contains(files, file => file.StartsWith(Path.Combine("microworld-m__fp32", "results_"), StringComparison.Ordinal));
        Assert.Contains(files, file => file.StartsWith(Path.Combine("microworld-m__rtn-int8", "samples_knowledge_"), StringComparison.Ordinal));
        Assert.All(files.Where(file => file.EndsWith(".jsonl", StringComparison.Ordinal)), file => Assert.Equal(10, File.ReadAllLines(Path.Combine(folder["lm-eval"], file)).Length));
    }

    private static XDocument Validated(XDocument document)
    {
        var schemas = new XmlSchemaSet();
        using var text = new StringReader(JUnitSchema);
        using var reader = XmlReader.Create(text);
        schemas.Add(null, reader);
        XDocument again = XDocument.Parse(document.ToString());
        again.Validate(schemas, (_, problem) => Assert.Fail(problem.Message));
        return again;
    }

    // RFC 4180, the plain reading of it.
    private static List<string[]> Records(string text)
    {
        List<string[]> records = [];
        List<string> record = [];
        var cell = new System.Text.StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
                cell.Append(text[++i]);
            else if (c == '"')
                quoted = !quoted;
            else if (quoted || c is not (',' or '\r' or '\n'))
                cell.Append(c);
            else if (c is ',' or '\r')
                (_, cell) = (Add(record, cell), new System.Text.StringBuilder());
            else
                (_, record) = (Add(records, record), []);
        }
        return records;
    }

    private static bool Add(List<string> record, System.Text.StringBuilder cell)
    {
        record.Add(cell.ToString());
        return true;
    }

    private static bool Add(List<string[]> records, List<string> record)
    {
        records.Add([.. record]);
        return true;
    }
}
