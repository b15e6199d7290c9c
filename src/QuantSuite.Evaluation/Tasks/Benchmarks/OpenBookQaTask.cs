namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>OpenBookQA: elementary science facts, applied; the question stem goes straight on into the option.</summary>
public sealed class OpenBookQaTask() : MultipleChoiceTask(new(
    "openbookqa", "knowledge", "lm-evaluation-harness openbookqa 1.0, 0 shots: acc, acc_norm",
    "llm_adapters/openbookqa.test.json", "Mihaylov et al. 2018, 1809.02789"))
{
    /// <inheritdoc/>
    protected override bool Normalized => true;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        InstructionItems.Read(data.Require(Source), Name, InstructionItems.Answers, stem => stem);
}
