using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Choices from a JSONL file: the highest sum of log-likelihoods wins; accuracy also by each field to group by.</summary>
public class JsonlChoiceTask(TaskCard card) : MultipleChoiceTask
{
    /// <inheritdoc/>
    public override string Name => card.Name;

    /// <inheritdoc/>
    public override string Ability => card.Ability;

    /// <inheritdoc/>
    public override string Reference => card.Reference;

    /// <inheritdoc/>
    public override string Source => card.Source;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonlItems.Choices(data.Require(card.Source), card.Prefix);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), .. Groups.Of("acc", outcomes)];
}
