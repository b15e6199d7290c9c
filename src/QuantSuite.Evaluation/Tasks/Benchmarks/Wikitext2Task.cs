using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// WikiText-2 perplexity as llama.cpp's <c>llama-perplexity</c> gives it: the whole file as one text, chunks of 512 ids, the second half of each
/// scored. An item is a chunk, so that a limit is a number of chunks. The standard error is llama.cpp's: ppl · √((E[nll²] − E[nll]²) / (n − 1)).
/// </summary>
public class Wikitext2Task(TaskCard card) : PerplexityTask(card)
{
    /// <summary>The task of this name; a derived one has another rule and name.</summary>
    public Wikitext2Task()
        : this(Card("wikitext2", "llama.cpp llama-perplexity -f wiki.test.raw: chunks of 512, second halves scored"))
    {
    }

    /// <summary>A card of this file.</summary>
    protected static TaskCard Card(string name, string reference) =>
        new(name, "language modelling", reference, "wikitext2/wiki.test.raw", "Merity et al. 2016, 1609.07843");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings => new SortedDictionary<string, string>(StringComparer.Ordinal) { ["windows"] = Rule.Name };

    /// <summary>How the text's ids are cut.</summary>
    protected virtual WindowRule Rule { get; } = WindowRule.LlamaCpp(512);

    /// <summary>The text made of the published file. llama.cpp drops one newline at its end.</summary>
    protected virtual string Text(string file) => file.EndsWith('\n') ? file[..^1] : file;

    /// <inheritdoc/>
    protected override IEnumerable<TextItem> Read(EvalData data) =>
        [new TextItem { Id = Name, Request = new RollingRequest(Text(File.ReadAllText(data.Require(Source))), Rule) }];

    /// <inheritdoc/>
    public override IReadOnlyList<EvalItem> Fit(IReadOnlyList<EvalItem> items, LanguageModel model)
    {
        var whole = (TextItem)items[0];
        int windowCount = whole.Request.Rule.Cut(model.Tokenizer.Encode(whole.Request.Text, addSpecial: false).Length, model.MaxLength).Count;
        return [.. Enumerable.Range(0, windowCount).Select(i => whole with { Id = $"{Name}/{i}", Request = whole.Request with { Windows = i..(i + 1) } })];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        Metric perplexity = Perplexity.Per("token", outcomes, outcome => outcome.Weight);
        double count = outcomes.Sum(outcome => outcome.Weight), mean = outcomes.Sum(outcome => outcome.Score) / count;
        double variance = (outcomes.Sum(outcome => outcome.Values["sum_of_squares"]) / count) - (mean * mean);
        return [perplexity with { Name = "perplexity", StandardError = perplexity.Value * Math.Sqrt(variance / (count - 1)) }];
    }
}
