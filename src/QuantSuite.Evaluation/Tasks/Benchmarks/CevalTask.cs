using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// C-Eval: Chinese exam questions of 52 subjects, answered by letter; the validation split, whose answers are published. The shots of a subject are its
/// five dev rows, in order.
/// </summary>
/// <param name="shotCount">0 to 5.</param>
public sealed class CevalTask(int shotCount) : MultipleChoiceTask(new(
    $"ceval_{shotCount}shot", "knowledge", $"lm-evaluation-harness ceval-valid 2.0, {shotCount} shots: acc over all items",
    "ceval/ceval-exam.zip", "Huang et al. 2023, 2305.08322", Besides: ["ceval/subject_mapping.json"]))
{
    private const string Ending = "_val.csv", Validation = "ceval-exam/val/";
    private static readonly string[] Letters = ["A", "B", "C", "D"];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings => new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = $"{shotCount}" };

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        string path = data.Require(Source);
        JsonLine names = JsonLines.ReadObject(data.Require("ceval/subject_mapping.json"));
        using var archive = new PublishedZip(path);
        string[] files = [.. archive.Names.Where(name => name.StartsWith(Validation, StringComparison.Ordinal))];
        string[] subjects = [.. files.Where(name => name.EndsWith(Ending, StringComparison.Ordinal)).Select(name => name[Validation.Length..^Ending.Length])];
        return [.. subjects.Order(StringComparer.Ordinal).SelectMany(subject => ReadSubject(archive, path, subject, names.Texts(subject)[1]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), ChoiceConfidence.ExpectedError(outcomes), .. Groups.OfClusters("acc", outcomes)];

    private ChoiceItem[] ReadSubject(PublishedZip archive, string path, string subject, string name)
    {
        var shots = new ShotPrompt($"以下是中国关于{name}的单项选择题，请选出其中的正确答案。\n\n",
            shotCount == 0 ? [] : Rows(archive, path, $"ceval-exam/dev/{subject}_dev.csv").Take(shotCount).Select(shot => (Question(shot), Letters[Gold(shot)])));
        return [.. Rows(archive, path, Validation + subject + Ending).Select((row, index) =>
            ChoiceItem.Of($"ceval-valid_{subject}/{index}", shots.Text(Question(row)), Letters, Gold(row)) with
            {
                Cluster = subject,
                Conversation = shots.Turns(Question(row)),
            })];
    }

    private static IEnumerable<CsvRow> Rows(PublishedZip archive, string path, string name) =>
        Csv.ReadTable($"{path}/{name}", archive.ReadText(name), ["question", .. Letters, "answer"]);

    private static string Question(CsvRow row) => $"{PythonText.Strip(row["question"])}\nA. {row["A"]}\nB. {row["B"]}\nC. {row["C"]}\nD. {row["D"]}\n答案：";

    private static int Gold(CsvRow row) => row.OneOf("answer", Letters);
}
