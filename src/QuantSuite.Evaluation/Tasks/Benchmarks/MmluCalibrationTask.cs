using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// Self-calibration: does a model know whether a proposed answer to an exam question is true? MMLU's questions in the form of Kadavath et al.
/// (2207.05221, section 4: "Is the proposed answer true?"). Half of the proposals are right: every second item is given a wrong option, which one goes
/// round. Besides accuracy (chance is 0.5) the error of p(chosen) against being right.
/// </summary>
public sealed class MmluCalibrationTask() : MultipleChoiceTask(new(
    "mmlu_calibration", "self-calibration", "Kadavath et al. 2022, P(True), 0 shots: acc, ece, mce, brier",
    "mmlu", "Hendrycks et al. 2020, 2009.03300; Kadavath et al. 2022, 2207.05221"))
{
    private static readonly string[] Verdicts = ["(A)", "(B)"];

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => MmluTask.Subjects(data).SelectMany(subject => subject.Rows.Select((row, index) =>
    {
        bool right = index % 2 == 0;
        int proposed = right ? MmluTask.Gold(row) : (MmluTask.Gold(row) + 1 + (index / 2 % 3)) % 4;
        string prompt = $"Question: {PythonText.Strip(row[0])}\nProposed Answer: {row[1 + proposed]}\nIs the proposed answer:\n (A) True\n (B) False\nThe proposed answer is:";
        return ChoiceItem.Of($"mmlu_calibration_{subject.Name}/{index}", prompt, Verdicts, right ? 0 : 1) with { Cluster = subject.Name };
    }));

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), ChoiceConfidence.ExpectedError(outcomes), ChoiceConfidence.MaximumError(outcomes), ChoiceConfidence.Brier(outcomes)];
}
