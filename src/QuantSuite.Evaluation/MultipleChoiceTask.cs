using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// The model's answer is the choice with the highest log-likelihood: lm-evaluation-harness's output type <c>multiple_choice</c>, with its
/// <c>acc</c> (sums) and <c>acc_norm</c> (sums by code points of the bare choice). The first of equals wins; NaN never does.
/// </summary>
public abstract class MultipleChoiceTask(TaskCard card) : EvalTask(card)
{
    /// <inheritdoc/>
    public override TaskShape Shape => TaskShape.MultipleChoice;

    /// <inheritdoc/>
    public override GateKind GateKind => GateKind.RightOrWrong;

    /// <summary>Whether <c>acc_norm</c> is reported, as the reference does for choices of different lengths.</summary>
    protected virtual bool Normalized => false;

    /// <summary>Reads the items.</summary>
    protected abstract IEnumerable<ChoiceItem> Read(EvalData data);

    /// <inheritdoc/>
    public override IReadOnlyList<EvalItem> Load(EvalData data) => [.. Read(data)];

    /// <inheritdoc/>
    public override IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default)
    {
        ScoreRequest[] requests = [.. items.SelectMany(item => ((ChoiceItem)item).Requests)];
        var answers = new ScoreAnswer[requests.Length];
        model.Score(requests, (index, answer) => answers[index] = answer, cancellation);
        var outcomes = new List<ItemOutcome>(items.Count);
        int start = 0;
        foreach (ChoiceItem item in items.Cast<ChoiceItem>())
        {
            outcomes.Add(Judge(item, answers.AsSpan(start, item.RequestCount)));
            start += item.RequestCount;
        }
        return outcomes;
    }

    /// <summary>Judges one item. Scores are in the choices' order.</summary>
    protected virtual ItemOutcome Judge(ChoiceItem item, ReadOnlySpan<ScoreAnswer> answers)
    {
        double[] sums = new double[answers.Length];
        for (int i = 0; i < sums.Length; i++)
            sums[i] = answers[i].LogLikelihood;
        int chosen = Accuracy.Best(sums);
        bool right = item.IsRight(chosen);
        var values = item.Values.With();
        if (Normalized)
            values["acc_norm"] = item.IsRight(Accuracy.Best(Accuracy.ByCharacters(sums, item.Choices))) ? 1 : 0;
        return new ItemOutcome
        {
            Id = item.Id,
            Score = right ? 1 : 0,
            Code = chosen < 0 ? '!' : (char)((right ? 'A' : 'a') + Math.Min(chosen, 25)),
            Cluster = item.Cluster,
            Prompt = item.Prompt,
            Choices = item.Choices,
            Expected = item.Expected,
            Answer = chosen < 0 ? "NaN" : item.Choices[chosen],
            LogLikelihoods = sums,
            Margin = MarginOf(sums, item),
            Values = values,
            Fields = [.. item.Values.Keys],
        };
    }

    // The best right choice against the best wrong one; NaN where one is, null where there is nothing to choose.
    private static double? MarginOf(double[] sums, ChoiceItem item)
    {
        ILookup<bool, double> sides = sums.Select((sum, choice) => (sum, choice)).ToLookup(pair => item.IsRight(pair.choice), pair => pair.sum);
        return sides[false].Any() ? Best(sides[true]) - Best(sides[false]) : null;
    }

    private static double Best(IEnumerable<double> sums) => sums.Aggregate(double.NegativeInfinity, Math.Max);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        var metrics = new List<Metric> { Mean.Of("acc", outcomes, outcome => outcome.Score) };
        if (Normalized)
            metrics.Add(Mean.Of("acc_norm", outcomes, outcome => outcome.Values["acc_norm"]));
        return metrics;
    }
}
