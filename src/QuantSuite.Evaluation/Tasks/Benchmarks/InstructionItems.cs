using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// ARC, OpenBookQA, PIQA and Social IQA as LLM-Adapters publishes them: question and options merged into one instruction, the answer as <c>answer3</c>.
/// Taken apart again here; nothing is stripped, as the benchmarks' own texts have trailing spaces.
/// </summary>
internal static partial class InstructionItems
{
    /// <summary>Options that follow one another on a line: <c>Answer1: a Answer2: b</c>.</summary>
    public static InstructionLayout Answers { get; } = new("Please choose the correct answer to the question: ", "\n\nAnswer1: ", AnswerDivider());

    /// <summary>Options with a blank line between them.</summary>
    public static InstructionLayout Solutions { get; } = new("Please choose the correct solution to the question: ", "\n\nSolution1: ", SolutionDivider());

    /// <param name="prompt">The question as the model sees it.</param>
    public static IEnumerable<ChoiceItem> Read(string path, string task, InstructionLayout layout, Func<string, string> prompt)
    {
        foreach (JsonLine record in JsonLines.ReadList(path, "instruction", "answer"))
        {
            string instruction = record.Text("instruction"), answer = record.Text("answer");
            int question = instruction.IndexOf(layout.FirstOption, StringComparison.Ordinal);
            int end = instruction.LastIndexOf("\n\nAnswer format: ", StringComparison.Ordinal);
            if (!instruction.StartsWith(layout.Opening, StringComparison.Ordinal) || question < layout.Opening.Length || end < question + layout.FirstOption.Length)
                throw record.Error($"expected '{layout.Opening}<question>', '{layout.FirstOption.Trim()}' and 'Answer format:', got '{instruction}'.");
            string[] choices = layout.Divider.Split(instruction[(question + layout.FirstOption.Length)..end]);
            int gold = answer.Length > 0 && char.IsAsciiDigit(answer[^1]) ? answer[^1] - '1' : -1;
            if (gold < 0 || gold >= choices.Length)
                throw record.Error($"the answer is '{answer}', expected one of {choices.Length} options.");
            yield return ChoiceItem.Of($"{task}/{record.Number}", prompt(instruction[layout.Opening.Length..question]), choices, gold);
        }
    }

    [GeneratedRegex(@" Answer[0-9]: ")]
    private static partial Regex AnswerDivider();

    [GeneratedRegex(@"\n\nSolution2: ")]
    private static partial Regex SolutionDivider();
}

/// <summary>How an instruction is laid out.</summary>
/// <param name="Opening">What stands before the question.</param>
/// <param name="FirstOption">What stands before the first option.</param>
/// <param name="Divider">What divides later options.</param>
internal sealed record InstructionLayout(string Opening, string FirstOption, Regex Divider);
