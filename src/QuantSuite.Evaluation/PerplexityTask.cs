using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// Log-likelihood of whole texts (lm-evaluation-harness's <c>loglikelihood_rolling</c>). An item's score is its summed ln p, its weight the scored
/// tokens: what the paired comparison takes the ratio of. Perplexities are corpus ratios, never means over texts.
/// </summary>
public abstract class PerplexityTask(TaskCard card) : EvalTask(card)
{
    /// <inheritdoc/>
    public override TaskShape Shape => TaskShape.Perplexity;

    /// <inheritdoc/>
    public override GateKind GateKind => GateKind.LogLikelihood;

    /// <summary>Reads the items.</summary>
    protected abstract IEnumerable<TextItem> Read(EvalData data);

    /// <inheritdoc/>
    public override IReadOnlyList<EvalItem> Load(EvalData data) => [.. Read(data)];

    /// <inheritdoc/>
    public override IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default)
    {
        RollingRequest[] requests = [.. items.Select(item => ((TextItem)item).Request)];
        var outcomes = new ItemOutcome[items.Count];
        model.ScoreRolling(requests, (index, answer) => outcomes[index] = Judge((TextItem)items[index], answer), cancellation);
        return outcomes;
    }

    private static ItemOutcome Judge(TextItem item, RollingAnswer answer) => new()
    {
        Id = item.Id,
        Score = answer.LogLikelihood,
        Weight = answer.TokenCount,
        Code = double.IsNaN(answer.LogLikelihood) ? '!' : '.',
        Cluster = item.Cluster,
        Prompt = item.Prompt,
        LogLikelihoods = [.. answer.Windows.Select(window => window.LogLikelihood)],
        Values = item.Values.With(
            ("words", item.WordCount), ("bytes", item.ByteCount), ("sum_of_squares", answer.Windows.Sum(window => window.SumOfSquares))),
    };

    /// <summary>The metrics that lm-evaluation-harness reports for plain text.</summary>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Perplexity.Per("word", outcomes, outcome => outcome.Values["words"]),
        Perplexity.Per("byte", outcomes, outcome => outcome.Values["bytes"]),
        Perplexity.BitsPerByte(outcomes),
        Perplexity.Per("token", outcomes, outcome => outcome.Weight),
    ];
}
