using System.Globalization;
using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>LongEval lines: the number of one line among hundreds. The last number that the model writes is its answer.</summary>
/// <param name="lineCount">200, 400 or 600.</param>
public sealed partial class LongEvalTask(int lineCount) : GenerationTask(new(
    $"longeval_{lineCount}", "long context", "LongChat's longeval lines, prompt as published: acc, by depth",
    $"longeval/lines_{lineCount}.jsonl", "Li et al. 2023, LongChat (lmsys.org)"))
{
    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) =>
        JsonLines.Read(data.Require(Source), "prompt", "expected_number", "random_idx", "num_lines").Select((line, index) => new GenerationItem
        {
            Id = $"{Name}/{index}",
            Request = new GenerateRequest(line.Text("prompt"), [], 100),
            Target = line.Int("expected_number").ToString(CultureInfo.InvariantCulture),
            Values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["depth"] = Depth(line) },
        });

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) =>
        Number().Matches(text).LastOrDefault()?.Value.TrimStart('0') == item.Target;

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [Mean.Of("acc", outcomes, outcome => outcome.Score), .. Groups.Of("acc", outcomes)];

    // random_idx is the line's name and its place.
    private static double Depth(JsonLine line)
    {
        var index = line.Object.GetProperty("random_idx");
        int place = index.ValueKind == System.Text.Json.JsonValueKind.Array && index.GetArrayLength() == 2 && index[1].TryGetInt32(out int number)
            ? number
            : throw line.Error($"'random_idx' is {index.GetRawText()}, expected a line's name and place.");
        return (double)place / line.Int("num_lines");
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
