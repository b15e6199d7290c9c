using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// Reading Comprehension with Commonsense Reasoning of SuperGLUE: which of a news text's entities fills the gap in a sentence about it? Every mention of
/// the entity counts (<c>em</c>), and the best of the tokens in common with one (<c>f1</c>), both as SQuAD compares answers.
/// </summary>
public sealed class RecordTask() : MultipleChoiceTask(new(
    "record", "understanding", "lm-evaluation-harness record 2.0, 0 shots: em, f1",
    "superglue/ReCoRD.zip", "Zhang et al. 2018, 1810.12885"))
{
    private const string Gap = "@placeholder", Highlight = "\n@highlight\n";

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        int index = 0;
        foreach (JsonLine line in SuperGlue.Validation(data.Require(Source), "passage", "qas", "idx"))
        {
            JsonLine passage = line.Inner("passage");
            string text = passage.Text("text"), context = Context(text);
            string[] entities = Sorted(passage.List("entities").Select(span => Entity(text, span)));
            foreach (JsonLine question in line.List("qas"))
                yield return Item($"record/{index++}", context, entities, question) with { Cluster = $"{line.Int("idx")}" };
        }
    }

    private static ChoiceItem Item(string id, string context, string[] entities, JsonLine question)
    {
        string[] answers = Sorted(question.List("answers").Select(answer => answer.Text("text")));
        int[] right = [.. Enumerable.Range(0, entities.Length).Where(i => SquadAnswer.ExactMatch(entities[i], answers) == 1)];
        if (right.Length == 0)
            throw question.Error($"no entity of the passage is one of the answers {string.Join(", ", answers)}.");
        string query = question.Text("query");
        return new ChoiceItem
        {
            Id = id,
            Requests = [.. entities.Select(entity => new ScoreRequest(context, "   - " + query.Replace(Gap, entity, StringComparison.Ordinal)))],
            Delimiter = " ",
            Choices = entities,
            Gold = right[0],
            AlsoRight = right[1..],
        };
    }

    private static string Context(string passage)
    {
        string[] parts = PythonText.Strip(passage).Split(Highlight);
        return parts[0] + "\n\n" + string.Concat(parts.Skip(1).Select(highlight => $"  - {highlight}.\n"));
    }

    // A span's end is its last character.
    private static string Entity(string text, JsonLine span) =>
        PythonText.Slice(text, span.Int("start"), span.Int("end") + 1)
        ?? throw span.Error($"the entity from {span.Int("start")} to {span.Int("end")} does not lie in the passage.");

    private static string[] Sorted(IEnumerable<string> texts) => [.. texts.Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    protected override ItemOutcome Judge(ChoiceItem item, ReadOnlySpan<ScoreAnswer> answers)
    {
        ItemOutcome outcome = base.Judge(item, answers);
        string[] right = [item.Expected, .. item.AlsoRight.Select(choice => item.Choices[choice])];
        return outcome with { Values = outcome.Values.With(("f1", SquadAnswer.F1(outcome.Answer, right))) };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [Mean.Of("em", outcomes, outcome => outcome.Score), Mean.Of("f1", outcomes, outcome => outcome.Values["f1"])];
}
