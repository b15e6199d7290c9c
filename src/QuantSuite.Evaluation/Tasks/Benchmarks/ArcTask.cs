namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>The AI2 Reasoning Challenge: grade-school science questions.</summary>
/// <param name="name"><c>arc_easy</c> or <c>arc_challenge</c>.</param>
/// <param name="file">The file's first part, <c>ARC-Easy</c> or <c>ARC-Challenge</c>.</param>
public sealed class ArcTask(string name, string file) : MultipleChoiceTask(new(
    name, "knowledge", $"lm-evaluation-harness {name} 1.0, 0 shots: acc, acc_norm",
    $"llm_adapters/{file}.test.json", "Clark et al. 2018, 1803.05457"))
{
    /// <inheritdoc/>
    protected override bool Normalized => true;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        InstructionItems.Read(data.Require(Source), Name, InstructionItems.Answers, question => $"Question: {question}\nAnswer:");
}
