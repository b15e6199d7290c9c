namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>PIQA: which of two ways reaches an everyday goal.</summary>
public sealed class PiqaTask() : MultipleChoiceTask(new(
    "piqa", "commonsense", "lm-evaluation-harness piqa 1.0, 0 shots: acc, acc_norm",
    "llm_adapters/piqa.test.json", "Bisk et al. 2020, 1911.11641"))
{
    /// <inheritdoc/>
    protected override bool Normalized => true;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        InstructionItems.Read(data.Require(Source), Name, InstructionItems.Solutions, goal => $"Question: {goal}\nAnswer:");
}
