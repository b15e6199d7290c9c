namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// Choice of Plausible Alternatives: which of two sentences is the premise's cause, or effect? The premise goes on with "because" or "therefore". The
/// reference's choices begin with a space of their own after the delimiter's, so that two spaces are scored.
/// </summary>
public sealed class CopaTask() : MultipleChoiceTask(new(
    "copa", "commonsense", "lm-evaluation-harness copa 1.0, 0 shots: acc",
    "superglue/COPA.zip", "Roemmele et al. 2011, AAAI Spring Symposium"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        SuperGlue.Validation(data.Require(Source), "premise", "choice1", "choice2", "question", "label").Select((line, index) =>
        {
            string connector = line.OneOf("question", "cause", "effect") == 0 ? "because" : "therefore";
            return ChoiceItem.Of($"copa/{index}", $"{WithoutPeriod(line)} {connector}", [Clause(line, "choice1"), Clause(line, "choice2")], line.IntBelow("label", 2));
        });

    private static string WithoutPeriod(JsonLine line) => PythonText.Strip(line.Text("premise")) is { Length: > 0 } premise
        ? premise[..^1] : throw line.Error("'premise' is empty, expected a sentence.");

    private static string Clause(JsonLine line, string choice) => line.Text(choice) is { Length: > 0 } text
        ? " " + PythonText.Lower(text[..1]) + text[1..] : throw line.Error($"'{choice}' is empty, expected a sentence.");
}
