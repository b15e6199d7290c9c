using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Plain texts from a JSONL file: bits per byte, and perplexity by token and word.</summary>
public class JsonlTextTask(TaskCard card) : PerplexityTask(card)
{
    private readonly int? prefix = card.Prefix;

    /// <inheritdoc/>
    protected override IEnumerable<TextItem> Read(EvalData data) => JsonlItems.Texts(data.Require(Source), prefix);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Perplexity.BitsPerByte(outcomes),
        Perplexity.Per("token", outcomes, outcome => outcome.Weight),
        Perplexity.Per("word", outcomes, outcome => outcome.Values["words"]),
    ];
}
