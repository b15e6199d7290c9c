using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>WinoGrande by partial evaluation: the rest of the sentence is scored after each of the two names; the contexts differ, the continuation does not.</summary>
public sealed class WinoGrandeTask() : MultipleChoiceTask(new(
    "winogrande", "commonsense", "lm-evaluation-harness winogrande 1.0, 0 shots: acc",
    "winogrande/dev.jsonl", "Sakaguchi et al. 2019, 1907.10641"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => Records(data).Select((line, index) =>
    {
        string sentence = line.Text("sentence");
        int blank = sentence.IndexOf('_', StringComparison.Ordinal);
        if (blank < 0)
            throw line.Error("'sentence' has no '_', expected a blank to fill in.");
        string[] options = [line.Text("option1"), line.Text("option2")];
        string rest = " " + PythonText.Strip(sentence[(blank + 1)..]);
        return new ChoiceItem
        {
            Id = $"winogrande/{index}",
            Requests = [.. options.Select(option => new ScoreRequest(sentence[..blank] + option, rest))],
            Delimiter = " ",
            Choices = options,
            Gold = line.Text("answer") switch { "1" => 0, "2" => 1, var other => throw line.Error($"'answer' is '{other}', expected 1 or 2.") },
        };
    });

    private IEnumerable<JsonLine> Records(EvalData data) => JsonLines.Read(data.Require(Source), "sentence", "option1", "option2", "answer");
}
