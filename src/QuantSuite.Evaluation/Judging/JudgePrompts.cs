using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Judging;

/// <summary>
/// MT-bench's prompts for grading a single answer, from the publisher's files: questions of mathematics, reasoning and coding come with a reference answer,
/// and the second turn is graded with the first one in view.
/// </summary>
public sealed class JudgePrompts
{
    private static readonly string[] WithReference = ["math", "reasoning", "coding"];

    private readonly Dictionary<string, (string System, string Template)> prompts;
    private readonly Dictionary<string, IReadOnlyList<string>> references;

    /// <summary>Reads the prompts and reference answers of a data folder.</summary>
    /// <exception cref="EvalDataException">A file is absent or of another layout.</exception>
    public JudgePrompts(EvalData data)
    {
        prompts = JsonLines.Read(data.Require("mt_bench/judge_prompts.jsonl"), "name", "system_prompt", "prompt_template")
            .ToDictionary(line => line.Text("name"), line => (line.Text("system_prompt"), line.Text("prompt_template")));
        references = JsonLines.Read(data.Require("mt_bench/mt_bench_reference_answer_gpt-4.jsonl"), "question_id", "choices")
            .ToDictionary(line => $"mt_bench/{line.Int("question_id")}", line => (line with { Object = line.Object.GetProperty("choices")[0] }).Texts("turns"));
    }

    /// <summary>System prompt and question to the judge for one turn of an outcome.</summary>
    /// <param name="turn">From 0 on.</param>
    public (string System, string Question) Of(ItemOutcome outcome, int turn)
    {
        bool hasReference = WithReference.Contains(outcome.Cluster) && references.ContainsKey(outcome.Id);
        (string system, string template) = prompts[$"single-{(hasReference ? "math-" : "")}v1{(turn > 0 ? "-multi-turn" : "")}"];
        string[] questions = outcome.Prompt.Split(DialogueItem.TurnDivider), answers = outcome.Answer.Split(DialogueItem.TurnDivider);
        IReadOnlyList<string> reference = hasReference ? references[outcome.Id] : [];
        var fields = new Dictionary<string, string> { ["question"] = questions[0], ["answer"] = answers[0] };
        for (int i = 0; i <= turn; i++)
        {
            fields[$"question_{i + 1}"] = questions[i];
            fields[$"answer_{i + 1}"] = answers[i];
        }
        for (int i = 0; i < reference.Count; i++)
            fields[$"ref_answer_{i + 1}"] = reference[i];
        return (system, Fill(template, fields));
    }

    // One pass, so that braces in an answer stay what they are.
    private static string Fill(string template, Dictionary<string, string> fields) =>
        System.Text.RegularExpressions.Regex.Replace(template, @"\{(\w+)\}", match => fields.GetValueOrDefault(match.Groups[1].Value, match.Value));
}
