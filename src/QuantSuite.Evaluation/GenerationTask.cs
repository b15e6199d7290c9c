using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>The model writes a text, greedily; a rule says whether it is right (lm-evaluation-harness's <c>generate_until</c>).</summary>
public abstract class GenerationTask(TaskCard card) : EvalTask(card)
{
    /// <inheritdoc/>
    public override TaskShape Shape => TaskShape.Generation;

    /// <inheritdoc/>
    public override GateKind GateKind => GateKind.RightOrWrong;

    /// <summary>Reads the items.</summary>
    protected abstract IEnumerable<GenerationItem> Read(EvalData data);

    /// <summary>Whether a text is right. Further per-item values (flexible, bleu) go into <paramref name="values"/>.</summary>
    protected abstract bool IsRight(GenerationItem item, string text, IDictionary<string, double> values);

    /// <inheritdoc/>
    public override IReadOnlyList<EvalItem> Load(EvalData data) => [.. Read(data)];

    /// <inheritdoc/>
    public override IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default)
    {
        GenerateRequest[] requests = [.. items.Select(item => ((GenerationItem)item).Request)];
        var outcomes = new ItemOutcome[items.Count];
        model.GenerateUntil(requests, (index, answer) => outcomes[index] = Judge((GenerationItem)items[index], answer), cancellation);
        return outcomes;
    }

    /// <summary>Judges one item.</summary>
    protected virtual ItemOutcome Judge(GenerationItem item, GenerateAnswer answer)
    {
        var values = item.Values.With(("min_gap", answer.MinGap), ("log_likelihood", answer.LogLikelihood));
        bool right = IsRight(item, answer.Text, values);
        return new ItemOutcome
        {
            Id = item.Id,
            Score = right ? 1 : 0,
            Code = right ? '+' : '-',
            Cluster = item.Cluster,
            Prompt = item.Prompt,
            Expected = item.Expected,
            Answer = answer.Text,
            Values = values,
            Fields = [.. item.Values.Keys],
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) => [Mean.Of("exact_match", outcomes, outcome => outcome.Score)];
}
