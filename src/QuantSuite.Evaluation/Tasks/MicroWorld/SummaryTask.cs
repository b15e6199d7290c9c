using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>One line from a paragraph: exact match, and the mean F-measure of ROUGE-1, -2 and -L.</summary>
public sealed class SummaryTask(TaskCard card) : JsonlGenerationTask(card)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        .. base.Summarize(outcomes),
        Mean.Of("rouge1", outcomes, outcome => Rouge.N(outcome.Expected, outcome.Answer, 1).FMeasure),
        Mean.Of("rouge2", outcomes, outcome => Rouge.N(outcome.Expected, outcome.Answer, 2).FMeasure),
        Mean.Of("rougeL", outcomes, outcome => Rouge.L(outcome.Expected, outcome.Answer).FMeasure),
    ];
}
