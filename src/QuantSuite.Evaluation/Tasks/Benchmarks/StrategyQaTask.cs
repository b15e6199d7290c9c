using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// StrategyQA: questions whose steps must be found first, answered yes or no after six worked examples. The answer is what follows the last "answer is "
/// of the first paragraph.
/// </summary>
public sealed partial class StrategyQaTask() : GenerationTask(new(
    "strategyqa", "reasoning", "OpenCompass strategyqa_gen_1180a7, 6 shots: acc",
    "strategyqa/dev.json", "Geva et al. 2021, 2101.02235"))
{
    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        string shots = ShotText.Read("strategyqa.txt");
        return JsonLines.ReadList(data.Require(Source), "question", "answer").Select(record => new GenerationItem
        {
            Id = $"strategyqa/{record.Number}",
            Request = new GenerateRequest($"{shots}\n\nQuestion: {record.Text("question")}\nAnswer:", ["\n\n"], 512),
            Target = record.Bool("answer") ? "yes" : "no",
        });
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) =>
        Verdict().Match(PythonText.Lower(text.Split("answer is ")[^1])).Value == item.Target;

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) => [Mean.Of("acc", outcomes, outcome => outcome.Score)];

    [GeneratedRegex("yes|no")]
    private static partial Regex Verdict();
}
