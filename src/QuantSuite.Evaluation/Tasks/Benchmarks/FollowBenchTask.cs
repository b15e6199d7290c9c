using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Tasks.Instructions;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// FollowBench: an instruction to which one constraint after the other is added, levels 1 to 5. Here the part that rules check: constraints by example, and
/// those sources that the publisher's rule_based_evaluation.py covers; the rest needs a judge model. Hard satisfaction rate by level, and CSL, the mean
/// number of levels that are satisfied one after the other from the first.
/// </summary>
public sealed class FollowBenchTask() : GenerationTask(new(
    "followbench", "instruction following", "FollowBench rule_based_evaluation.py: hsr by level, csl",
    "followbench/data", "Jiang et al. 2023, 2310.20410"))
{
    private const int LevelCount = 5;
    private static readonly string[] Parts = ["content", "situation", "format", "mixed", "example"];

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) => Parts.SelectMany(part => JsonLines
        .ReadList(data.Require($"{Source}/{part}_constraints.json"), "example_id", "category", "source", "level", "instruction", "target")
        .Where(record => record.IntBelow("level", LevelCount + 1) > 0 && FollowBenchRules.IndexOf(record) >= 0)
        .Select(record => Item(record, part)));

    private static GenerationItem Item(JsonLine record, string part) => new()
    {
        Id = $"followbench_{part}/{record.Index("example_id")}@{record.Index("level")}",
        Cluster = $"{part}/{record.Index("example_id")}",
        Request = new GenerateRequest(record.Text("instruction"), [], 2048),
        Target = record.Text("target"),
        Values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["level"] = record.Index("level"), ["rule"] = FollowBenchRules.IndexOf(record) },
    };

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) =>
        FollowBenchRules.IsFollowed((int)item.Values["rule"], (int)item.Values["level"], text, item.Target);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Mean.Of("hsr", outcomes, outcome => outcome.Score),
        .. outcomes.GroupBy(outcome => outcome.Values["level"]).OrderBy(level => level.Key).Select(level =>
            Mean.Of($"hsr[level={level.Key}]", [.. level], outcome => outcome.Score)),
        new Metric("csl", outcomes.GroupBy(outcome => outcome.Cluster).Average(Consistent), null, HigherIsBetter: true, "levels"),
    ];

    private static double Consistent(IEnumerable<ItemOutcome> levels) =>
        levels.OrderBy(outcome => outcome.Values["level"]).TakeWhile(outcome => outcome.Score == 1).Count();
}
