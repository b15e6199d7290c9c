namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>Social IQA: why people act, how they feel, what they do next.</summary>
public sealed class SocialIqaTask() : MultipleChoiceTask(new(
    "social_iqa", "commonsense", "lm-evaluation-harness social_iqa 0.0, 0 shots: acc",
    "llm_adapters/social_i_qa.test.json", "Sap et al. 2019, 1904.09728"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        InstructionItems.Read(data.Require(Source), Name, InstructionItems.Answers, question => $"Q: {question}\nA:");
}
