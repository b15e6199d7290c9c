using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Plain texts from a JSONL file: bits per byte, and perplexity by token and word.</summary>
public class JsonlTextTask(TaskCard card) : PerplexityTask
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
    protected override IEnumerable<TextItem> Read(EvalData data) => JsonlItems.Texts(data.Require(card.Source), card.Prefix);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Perplexity.BitsPerByte(outcomes),
        Perplexity.Per("token", outcomes, outcome => outcome.Weight),
        Perplexity.Per("word", outcomes, outcome => outcome.Values["words"]),
    ];
}
