using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>The AI2 Reasoning Challenge: grade-school science questions.</summary>
/// <param name="name"><c>arc_easy</c> or <c>arc_challenge</c>.</param>
/// <param name="file">The file's first part, <c>ARC-Easy</c> or <c>ARC-Challenge</c>.</param>
public sealed partial class ArcTask(string name, string file) : MultipleChoiceTask
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Ability => "knowledge";

    /// <inheritdoc/>
    public override string Reference => $"lm-evaluation-harness {name} 1.0, 0 shots: acc, acc_norm";

    /// <inheritdoc/>
    public override string Source => $"llm_adapters/{file}.test.json";

    /// <inheritdoc/>
    protected override bool Normalized => true;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        InstructionItems.Read(data.Require(Source), name, "Please choose the correct answer to the question: ", "\n\nAnswer1: ", Divider());

    [GeneratedRegex(@" Answer[0-9]: ")]
    private static partial Regex Divider();
}
