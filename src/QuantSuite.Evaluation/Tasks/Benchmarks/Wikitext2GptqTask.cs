using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// WikiText-2 perplexity as the papers' tables give it (GPTQ and after): the Hub's rows joined by two newlines, windows of 2,048 ids without overlap,
/// each scoring 2,047 tokens.
/// </summary>
public sealed class Wikitext2GptqTask() : Wikitext2Task(
    Card("wikitext2_gptq", "GPTQ's evaluation: \"\\n\\n\".join of the Hub's rows, windows of 2048"))
{
    /// <inheritdoc/>
    protected override WindowRule Rule { get; } = WindowRule.Gptq(2048);

    /// <inheritdoc/>
    protected override string Text(string file) => WikitextPages.JoinRows(file);

    /// <summary>The perplexity; the papers state no standard error, so it is the one over windows.</summary>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [Perplexity.Per("token", outcomes, outcome => outcome.Weight) with { Name = "perplexity" }];
}
