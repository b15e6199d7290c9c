using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Choices from a JSONL file: the highest sum of log-likelihoods wins; accuracy also by each field to group by.</summary>
public class JsonlChoiceTask(TaskCard card) : MultipleChoiceTask(card)
{
    private readonly int? prefix = card.Prefix;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonlItems.Choices(data.Require(Source), prefix);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), .. Groups.Of("acc", outcomes)];
}
