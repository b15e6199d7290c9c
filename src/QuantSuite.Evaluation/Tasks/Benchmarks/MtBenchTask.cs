using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;
using QuantSuite.Models.Chat;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// MT-bench: eighty conversations of two turns. The answers are written into the result, for a judge: a model behind an endpoint that the user names, or
/// without one the full-precision model's own answers (the verb <c>judge</c>). What the suite itself sees is only whether every turn was answered.
/// Prompts are FastChat's zero-shot conversation.
/// </summary>
public sealed class MtBenchTask() : EvalTask(new(
    "mt_bench", "dialogue", "FastChat llm_judge, zero_shot conversation, greedy: answers for the verb judge",
    "mt_bench/mt_bench_question.jsonl", "Zheng et al. 2023, 2306.05685",
    Besides: ["mt_bench/judge_prompts.jsonl", "mt_bench/mt_bench_reference_answer_gpt-4.jsonl"]))
{
    private const string System = "A chat between a curious human and an artificial intelligence assistant. "
        + "The assistant gives helpful, detailed, and polite answers to the human's questions.";

    /// <inheritdoc/>
    public override TaskShape Shape => TaskShape.Generation;

    /// <inheritdoc/>
    public override GateKind GateKind => GateKind.RightOrWrong;

    /// <inheritdoc/>
    public override IReadOnlyList<EvalItem> Load(EvalData data) =>
        [.. JsonLines.Read(data.Require(Source), "question_id", "category", "turns").Select(line => new DialogueItem
        {
            Id = $"mt_bench/{line.Int("question_id")}",
            Cluster = line.Text("category"),
            Turns = line.Texts("turns") is { Count: > 0 } turns ? turns : throw line.Error("'turns' is empty, expected the user's questions."),
            Until = ["###"],
            MaxTokens = 1024,
            Render = Render,
        })];

    /// <inheritdoc/>
    public override IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default)
    {
        DialogueItem[] dialogues = [.. items.Cast<DialogueItem>()];
        List<string>[] answers = [.. dialogues.Select(_ => new List<string>())];
        for (int round = 0; round < dialogues.Max(dialogue => dialogue.Turns.Count); round++)
        {
            int[] open = [.. Enumerable.Range(0, dialogues.Length).Where(i => dialogues[i].Turns.Count > round)];
            GenerateRequest[] requests = [.. open.Select(i => dialogues[i].Request(answers[i]))];
            model.GenerateUntil(requests, (index, answer) => answers[open[index]].Add(PythonText.Strip(answer.Text)), cancellation);
        }
        return [.. dialogues.Zip(answers, Outcome)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) => [Mean.Of("answered", outcomes, outcome => outcome.Score)];

    private static ItemOutcome Outcome(DialogueItem dialogue, List<string> answers)
    {
        bool answered = answers.All(answer => answer.Length > 0);
        return new ItemOutcome
        {
            Id = dialogue.Id,
            Score = answered ? 1 : 0,
            Code = answered ? '+' : '-',
            Cluster = dialogue.Cluster,
            Prompt = dialogue.Prompt,
            Answer = string.Join(DialogueItem.TurnDivider, answers),
        };
    }

    private static string Render(IReadOnlyList<ChatMessage> messages) =>
        $"{System}\n### {string.Join("\n### ", messages.Select(message => $"{(message.Role == "user" ? "Human" : "Assistant")}: {message.Content}"))}\n### Assistant:";
}
