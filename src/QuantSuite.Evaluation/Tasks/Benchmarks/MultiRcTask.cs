using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// Multi-Sentence Reading Comprehension of SuperGLUE: is this an answer to the question about the paragraph? A question has several, right and wrong
/// ones. Besides accuracy the benchmark's own metrics: F1 of the answers that are right (<c>f1_a</c>), and the share of questions of which all answers
/// are judged rightly (<c>em</c>). The reference takes "no" for right where the label says that the answer is right; its acc is 1 − this one.
/// </summary>
public sealed class MultiRcTask() : MultipleChoiceTask(new(
    "multirc", "understanding", "lm-evaluation-harness multirc 2.0 with the labels' meaning put right, 0 shots: acc, f1_a, em",
    "superglue/MultiRC.zip", "Khashabi et al. 2018, N18-1023"))
{
    private const string Yes = "\nIs the answer correct? yes", No = "\nIs the answer correct? no";

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        int index = 0;
        foreach (JsonLine line in SuperGlue.Validation(data.Require(Source), "passage", "idx"))
            foreach (JsonLine question in line.Inner("passage").List("questions"))
            {
                string context = $"{line.Inner("passage").Text("text")}\nQuestion: {question.Text("question")}\nAnswer:";
                foreach (JsonLine answer in question.List("answers"))
                {
                    var item = ChoiceItem.Of($"multirc/{index++}", context, [answer.Text("text") + Yes, answer.Text("text") + No], 1 - answer.IntBelow("label", 2));
                    yield return item with { Cluster = $"{line.Int("idx")}", Values = item.Values.With(("question", question.Int("idx"))) };
                }
            }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        .. base.Summarize(outcomes),
        new Metric("f1_a", AnswerF1.Of(outcomes, answer => answer.EndsWith(Yes, StringComparison.Ordinal)), null, HigherIsBetter: true),
        new Metric("em", outcomes.GroupBy(outcome => (outcome.Cluster, outcome.Values["question"])).Average(question => question.Min(outcome => outcome.Score)),
            null, HigherIsBetter: true),
    ];
}
