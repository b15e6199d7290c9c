using System.Globalization;
using System.Text.Json;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>
/// The column of lm-evaluation-harness in docs/results.md is the mean over its own per-item goldens, the first so many items. That QuantSuite's items equal them one by one is
/// <see cref="LmEvalGoldenTests"/>' to show.
/// </summary>
public sealed class ResultsDocumentGoldenTests
{
    public static TheoryData<string, string> Lines()
    {
        var data = new TheoryData<string, string>();
        foreach (string[] cells in Rows())
            data.Add(cells[0], cells[1]);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Lines))]
    public void TheHarnessColumnIsTheMeanOfItsItems(string task, string metric)
    {
        string file = Path.Combine(Goldens.Folder("lm-eval"), $"{task}.jsonl");
        Skip.IfNot(File.Exists(file), $"{file} is not here");
        string[] row = Rows().Single(cells => cells[0] == task && cells[1] == metric);
        JsonElement[] items = [.. File.ReadLines(file).Take(int.Parse(row[2], CultureInfo.InvariantCulture)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("metrics"))];
        Assert.Equal(row[2], $"{items.Length}");
        double mean = items.Average(metrics => Value(metrics, metric));
        Assert.Equal(row[4], metric == "perplexity" ? Text(Math.Exp(-mean), "F3") : Text(100 * mean, "F1"));
    }

    private static double Value(JsonElement metrics, string metric) => metric.TrimEnd('%').TrimEnd(' ', ',').Split(' ') switch
    {
        [var name, var filter] => metrics.GetProperty(filter).GetProperty(name).GetDouble(),
        [var name] => metrics.GetProperty(name).GetDouble(),
        _ => throw new InvalidDataException($"docs/results.md: metric '{metric}'"),
    };

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    // Cells of the lines of the last table.
    private static IEnumerable<string[]> Rows() => File.ReadAllText(Path.Combine(Goldens.RepositoryRoot, "docs", "results.md")).Split("| lm-eval |\n")[1].Split('\n')
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]);
}
