using QuantSuite.Models.Chat;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// A prompt of a description, worked examples and a question, as lm-evaluation-harness builds it: in one text, a space before each answer and a blank line
/// after it; as turns of a chat, the description as the system's.
/// </summary>
internal sealed class ShotPrompt
{
    private readonly string head;
    private readonly ChatMessage[] turns;

    public ShotPrompt(string description, IEnumerable<(string Question, string Answer)> shots)
    {
        (string Question, string Answer)[] all = [.. shots];
        head = description + string.Concat(all.Select(shot => $"{shot.Question} {shot.Answer}\n\n"));
        IEnumerable<ChatMessage> examples = all.SelectMany(shot => (ChatMessage[])[new("user", shot.Question), new("assistant", shot.Answer)]);
        turns = [.. description.Length > 0 ? [new ChatMessage("system", description)] : (ChatMessage[])[], .. examples];
    }

    public string Text(string question) => head + question;

    public IReadOnlyList<ChatMessage> Turns(string question) => [.. turns, new ChatMessage("user", question)];
}
