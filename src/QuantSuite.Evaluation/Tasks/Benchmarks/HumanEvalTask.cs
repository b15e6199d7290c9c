using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Tasks.Programs;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// HumanEval: complete a Python function; right if it passes the tests that come with it. The programs that the model writes are run, fenced in
/// (<see cref="ProgramSandbox"/>), and only where the user allowed it by this task's name.
/// </summary>
public sealed class HumanEvalTask() : GenerationTask(new(
    "humaneval", "coding", "lm-evaluation-harness humaneval 1.0, 0 shots: pass@1",
    "humaneval/HumanEval.jsonl.gz", "Chen et al. 2021, 2107.03374"))
{
    private static readonly string[] Until = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"];

    /// <inheritdoc/>
    public override string? Refusal => ProgramSandbox.RefusalOf(Name);

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) =>
        JsonLines.Read(data.Require(Source), "task_id", "prompt", "test", "entry_point").Select((line, index) => new GenerationItem
        {
            Id = $"humaneval/{index}",
            Request = new GenerateRequest(line.Text("prompt"), Until, 1024),
            Target = $"{line.Text("test")}\ncheck({line.Text("entry_point")})",
        });

    /// <inheritdoc/>
    public override IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default) =>
        Refusal is { } refusal ? throw new EvalDataException(refusal) : base.Run(model, items, cancellation);

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        ProgramEnd end = ProgramSandbox.Default.Run($"{item.Prompt}{text}\n{item.Target}\n");
        values["timed_out"] = end.TimedOut ? 1 : 0;
        return end.Passed;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
    [
        Mean.Of("pass@1", outcomes, outcome => outcome.Score),
        new Metric("timed_out", outcomes.Sum(outcome => outcome.Values["timed_out"]), null, HigherIsBetter: false, "items"),
    ];
}
