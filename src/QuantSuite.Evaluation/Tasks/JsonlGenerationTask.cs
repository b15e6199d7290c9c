using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Targets from a JSONL file: right if the text, stripped, is the target, or begins with it and goes on with neither a letter nor a digit.</summary>
public class JsonlGenerationTask(TaskCard card) : GenerationTask(card)
{
    private readonly int? prefix = card.Prefix;

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) => JsonlItems.Generations(data.Require(Source), prefix);

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) => TargetMatch.IsRight(text, item.Target);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), .. Groups.Of("exact_match", outcomes)];
}
