using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>GSM8K with the eight worked examples of the chain-of-thought paper; strict (the number after "The answer is") and flexible (the last number).</summary>
public sealed class Gsm8kCotTask() : GenerationTask(new(
    "gsm8k_cot", "reasoning", "lm-evaluation-harness gsm8k_cot 3.0, 8 shots: exact_match strict-match, flexible-extract",
    "gsm8k/test.jsonl", "Cobbe et al. 2021, 2110.14168; Wei et al. 2022, 2201.11903"))
{
    private static readonly string[] Until = ["Q:", "</s>", "<|im_end|>"];

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        string shots = ShotText.Read("gsm8k_cot.txt");
        return JsonLines.Read(data.Require(Source), "question", "answer").Select((record, index) => new GenerationItem
        {
            Id = $"gsm8k_cot/{index}",
            Request = new GenerateRequest($"{shots}\n\nQ: {record.Text("question")}\nA:", Until, 256),
            Target = PythonText.Strip(record.Text("answer").Split("####")[^1]),
        });
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        values["flexible"] = Gsm8kAnswer.IsRight(Gsm8kAnswer.Flexible(text), item.Target) ? 1 : 0;
        return Gsm8kAnswer.IsRight(Gsm8kAnswer.StrictSentence(text), item.Target);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Mean.Of("exact_match,strict-match", outcomes, outcome => outcome.Score),
        Mean.Of("exact_match,flexible-extract", outcomes, outcome => outcome.Values["flexible"]),
    ];
}
