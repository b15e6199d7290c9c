using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>Sentences into a made-up language: exact match, and corpus BLEU and chrF.</summary>
public sealed class TranslationTask(TaskCard card) : JsonlGenerationTask(card)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        List<string> said = [.. outcomes.Select(outcome => outcome.Answer)];
        List<IReadOnlyList<string>> expected = [.. outcomes.Select(outcome => (string[])[outcome.Expected])];
        return
        [
            .. base.Summarize(outcomes),
            new Metric("bleu", Bleu.Corpus(said, expected).Score, null, HigherIsBetter: true, "points"),
            new Metric("chrf", Chrf.Corpus(said, expected), null, HigherIsBetter: true, "points"),
        ];
    }
}
