using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Sentinels;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// GSM8K: grade-school word problems with worked steps, after five shots; strict (the number after ####) and flexible (the last number).
/// The published test file comes without a train file, so the shots are its last five records, where the reference draws them from train.
/// </summary>
/// <param name="maxTokens">The most new tokens; 256 is what the reference's models default to.</param>
public sealed class Gsm8kTask(int maxTokens = 256) : GenerationTask(new(
    "gsm8k", "reasoning", "lm-evaluation-harness gsm8k 3.0, 5 shots (the file's last records): exact_match strict-match, flexible-extract",
    "gsm8k/test.jsonl", "Cobbe et al. 2021, 2110.14168"))
{
    private const int ShotCount = 5;
    private static readonly string[] Until = ["Question:", "</s>", "<|im_end|>"];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings =>
        new SortedDictionary<string, string>(StringComparer.Ordinal) { ["max_tokens"] = $"{maxTokens}", ["shots"] = $"{ShotCount}" };

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        List<JsonLine> records = [.. JsonLines.Read(data.Require(Source), "question", "answer")];
        var shots = new ShotPrompt("", records.TakeLast(ShotCount).Select(shot => (Question(shot), shot.Text("answer"))));
        return records.Select((record, index) => new GenerationItem
        {
            Id = $"gsm8k/{index}",
            Request = new GenerateRequest(shots.Text(Question(record)), Until, maxTokens),
            Conversation = shots.Turns(Question(record)),
            Target = record.Text("answer"),
        });
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        values["flexible"] = Gsm8kAnswer.IsRight(Gsm8kAnswer.Flexible(text), item.Target) ? 1 : 0;
        values[SentinelWatch.Answered] = Gsm8kAnswer.Flexible(text) == Gsm8kAnswer.Invalid ? 0 : 1;
        return Gsm8kAnswer.IsRight(Gsm8kAnswer.Strict(text), item.Target);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Mean.Of("exact_match,strict-match", outcomes, outcome => outcome.Score),
        Mean.Of("exact_match,flexible-extract", outcomes, outcome => outcome.Values["flexible"]),
    ];

    private static string Question(JsonLine record) => $"Question: {record.Text("question")}\nAnswer:";
}
