namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>BoolQ: yes or no from a passage.</summary>
public sealed class BoolqTask : MultipleChoiceTask
{
    /// <inheritdoc/>
    public override string Name => "boolq";

    /// <inheritdoc/>
    public override string Ability => "understanding";

    /// <inheritdoc/>
    public override string Reference => "lm-evaluation-harness boolq 2.0, 0 shots: acc";

    /// <inheritdoc/>
    public override string Source => "superglue_subset/boolq_dev.jsonl";

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source)).Select((line, index) =>
        ChoiceItem.Of($"boolq/{index}", $"{line.Text("passage")}\nQuestion: {line.Text("question")}?\nAnswer:", ["no", "yes"], line.Bool("answer") ? 1 : 0));
}
