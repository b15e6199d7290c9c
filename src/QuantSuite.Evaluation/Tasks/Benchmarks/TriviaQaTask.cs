using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// TriviaQA: facts without a context; any of an answer's aliases counts, case and punctuation aside. The published sample comes without a train file,
/// so the shots are its last records (with their first aliases), where the reference draws them from train.
/// </summary>
/// <param name="shotCount">0, or the shots of the <c>triviaqa_fewshot</c> task.</param>
public sealed class TriviaQaTask(int shotCount) : GenerationTask(new(
    shotCount == 0 ? "triviaqa" : $"triviaqa_fewshot_{shotCount}shot", "knowledge",
    $"lm-evaluation-harness triviaqa{(shotCount == 0 ? "" : "_fewshot")} 3.0, {shotCount} shots: exact_match",
    "triviaqa/test.jsonl", "Joshi et al. 2017, 1705.03551"))
{
    private static readonly string[] Until = ["\n", ".", ","];
    private static readonly ExactMatch Match = new() { IgnoreCase = true, IgnorePunctuation = true };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings => new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = $"{shotCount}" };

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        List<JsonLine> records = [.. JsonLines.Read(data.Require(Source), "question", "golden_answers")];
        var shots = new ShotPrompt("", records.TakeLast(shotCount).Select(shot => (Question(shot), Answers(shot)[0])));
        return records.Select((record, index) => new GenerationItem
        {
            Id = $"triviaqa{(shotCount == 0 ? "" : "_fewshot")}/{index}",
            Request = new GenerateRequest(shots.Text(Question(record)), Until, shotCount == 0 ? 256 : 64),
            Conversation = shots.Turns(Question(record)),
            Target = Answers(record)[0],
            Aliases = Answers(record),
        });
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) =>
        item.Aliases.Any(alias => Match.IsMatch(PythonText.Strip(text), alias));

    private static string Question(JsonLine record) => $"Question: {record.Text("question")}?\nAnswer:";

    private static IReadOnlyList<string> Answers(JsonLine record) =>
        record.Texts("golden_answers") is { Count: > 0 } answers ? answers : throw record.Error("'golden_answers' is empty, expected at least one.");
}
