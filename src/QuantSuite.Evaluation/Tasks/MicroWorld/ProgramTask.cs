using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Sentinels;

namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>
/// Write a program for a stack machine that computes an expression. Right if running the text prints the value that the target's program prints,
/// whatever its wording: HumanEval's functional correctness with one sample (<c>pass@1</c>).
/// </summary>
public sealed class ProgramTask(TaskCard card) : JsonlGenerationTask(card)
{
    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        values[SentinelWatch.Answered] = StackMachine.Run(text) is null ? 0 : 1;
        return StackMachine.Run(item.Target) is { } expected && StackMachine.Run(text) == expected;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) => [Mean.Of("pass@1", outcomes, outcome => outcome.Score)];
}
