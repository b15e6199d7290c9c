namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>RTE of SuperGLUE: does a sentence follow from a text?</summary>
public sealed class RteTask() : MultipleChoiceTask(new(
    "sglue_rte", "understanding", "lm-evaluation-harness sglue_rte 0.0, 0 shots: acc",
    "superglue_subset/rte_val.jsonl", "Wang et al. 2019, 1905.00537"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source), "premise", "hypothesis", "label").Select((line, index) =>
        ChoiceItem.Of($"{Name}/{index}", $"{line.Text("premise")}\nQuestion: {line.Text("hypothesis")} True or False?\nAnswer:",
            ["True", "False"], line.OneOf("label", "entailment", "not_entailment")));
}
