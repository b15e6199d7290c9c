using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>CommitmentBank of SuperGLUE: does the author of a text hold a clause for true? Accuracy, and the unweighted mean of the three classes' F1.</summary>
public sealed class CbTask() : MultipleChoiceTask(new(
    "cb", "understanding", "lm-evaluation-harness cb 1.0, 0 shots: acc, f1",
    "superglue_subset/cb_dev.jsonl", "Wang et al. 2019, 1905.00537"))
{
    private static readonly string[] Answers = ["True", "False", "Neither"];

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source), "premise", "hypothesis", "label").Select((line, index) =>
        ChoiceItem.Of($"cb/{index}", $"{line.Text("premise")}\nQuestion: {line.Text("hypothesis")}. True, False, or Neither?\nAnswer:",
            Answers, line.OneOf("label", "entailment", "contradiction", "neutral")));

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), new Metric("f1", Answers.Average(answer => AnswerF1.Of(outcomes, given => given == answer)), null, HigherIsBetter: true)];
}
