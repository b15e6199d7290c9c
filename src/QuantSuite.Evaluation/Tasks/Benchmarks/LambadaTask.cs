using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// LAMBADA (OpenAI's variant): the last word of a passage. Right if every token of it is the most likely one; the perplexity is exp of the mean
/// −ln p of the word. Its standard error is the delta method's, ppl · se(mean), where the reference resamples.
/// </summary>
public sealed class LambadaTask() : MultipleChoiceTask(new(
    "lambada_openai", "language modelling", "lm-evaluation-harness lambada_openai 1.0, 0 shots: acc (greedy), perplexity",
    "lambada/lambada_test.jsonl", "Paperno et al. 2016, 1606.06031"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source), "text").Select((line, index) =>
    {
        string text = line.Text("text");
        int last = text.LastIndexOf(' ');
        if (last < 0)
            throw line.Error("'text' has no space, expected a passage and its last word.");
        return ChoiceItem.Of($"lambada_openai/{index}", text[..last], [text[last..]], 0, delimiter: "");
    });

    /// <inheritdoc/>
    protected override ItemOutcome Judge(ChoiceItem item, ReadOnlySpan<ScoreAnswer> answers)
    {
        bool right = answers[0].IsGreedy;
        char code = double.IsNaN(answers[0].LogLikelihood) ? '!' : right ? '+' : '-';
        return base.Judge(item, answers) with { Score = right ? 1 : 0, Code = code, Answer = right ? item.Expected : "(another word)" };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        Metric mean = Mean.Of("perplexity", outcomes, outcome => outcome.LogLikelihoods[0], higherIsBetter: false, "per word");
        double perplexity = Math.Exp(-mean.Value);
        return [Mean.Of("acc", outcomes, outcome => outcome.Score), mean with { Value = perplexity, StandardError = perplexity * mean.StandardError }];
    }
}
