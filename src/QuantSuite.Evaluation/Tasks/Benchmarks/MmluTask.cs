using System.Globalization;
using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>MMLU: exam questions of 57 subjects, answered by letter. The shots of a subject are its five dev rows, in order.</summary>
/// <param name="shotCount">0 to 5.</param>
public sealed class MmluTask(int shotCount) : MultipleChoiceTask(new(
    $"mmlu_{shotCount}shot", "knowledge", $"lm-evaluation-harness mmlu 1.0, {shotCount} shots: acc over all items",
    "mmlu", "Hendrycks et al. 2020, 2009.03300"))
{
    private static readonly string[] Letters = ["A", "B", "C", "D"];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings =>
        new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = shotCount.ToString(CultureInfo.InvariantCulture) };

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => Subjects(data).SelectMany(subject => ReadSubject(subject.Name, subject.Rows, data));

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), ChoiceConfidence.ExpectedError(outcomes), .. Groups.OfClusters("acc", outcomes)];

    /// <summary>The test rows of each subject, by name.</summary>
    internal static IEnumerable<(string Name, IEnumerable<CsvRow> Rows)> Subjects(EvalData data)
    {
        const string Ending = "_test.csv";
        string[] files = Directory.GetFiles(data.Require("mmlu/test"), "*" + Ending);
        return files.Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path)[..^Ending.Length], Csv.Read(path, 6)));
    }

    /// <summary>The index of a row's right option.</summary>
    internal static int Gold(CsvRow row) =>
        Array.IndexOf(Letters, row[5]) is >= 0 and var gold ? gold : throw row.Error($"the answer is '{row[5]}', expected A, B, C or D.");

    private IEnumerable<ChoiceItem> ReadSubject(string subject, IEnumerable<CsvRow> rows, EvalData data)
    {
        var shots = new ShotPrompt($"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n",
            shotCount == 0 ? [] : Csv.Read(data.Require($"mmlu/dev/{subject}_dev.csv"), 6).Take(shotCount).Select(shot => (Question(shot), Letters[Gold(shot)])));
        return rows.Select((row, index) => ChoiceItem.Of($"mmlu_{subject}/{index}", shots.Text(Question(row)), Letters, Gold(row)) with
        {
            Cluster = subject,
            Conversation = shots.Turns(Question(row)),
        });
    }

    private static string Question(CsvRow row) => $"{PythonText.Strip(row[0])}\nA. {row[1]}\nB. {row[2]}\nC. {row[3]}\nD. {row[4]}\nAnswer:";
}
