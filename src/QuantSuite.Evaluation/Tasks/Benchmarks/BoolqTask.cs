namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>BoolQ: yes or no from a passage.</summary>
public sealed class BoolqTask() : MultipleChoiceTask(new(
    "boolq", "understanding", "lm-evaluation-harness boolq 2.0, 0 shots: acc",
    "superglue_subset/boolq_dev.jsonl", "Clark et al. 2019, 1905.10044"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source), "passage", "question", "answer").Select((line, index) =>
        ChoiceItem.Of($"boolq/{index}", $"{line.Text("passage")}\nQuestion: {line.Text("question")}?\nAnswer:", ["no", "yes"], line.Bool("answer") ? 1 : 0));
}
