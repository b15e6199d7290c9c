using System.Text.Json;
using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// ARC and PIQA as LLM-Adapters publishes them: question and options merged into one instruction, the answer as <c>answer3</c>. Taken apart again
/// here; nothing is stripped, as the benchmarks' own texts have trailing spaces.
/// </summary>
internal static class InstructionItems
{
    /// <param name="opening">What stands before the question.</param>
    /// <param name="option">What stands before the first option (<c>\n\nAnswer1: </c>).</param>
    /// <param name="divider">What divides later options.</param>
    public static IEnumerable<ChoiceItem> Read(string path, string task, string opening, string option, Regex divider)
    {
        using JsonDocument document = Parse(path);
        int index = 0;
        foreach (JsonElement record in document.RootElement.EnumerateArray())
        {
            string instruction = Text(record, "instruction", path, index), answer = Text(record, "answer", path, index);
            int question = instruction.IndexOf(option, StringComparison.Ordinal);
            int end = instruction.LastIndexOf("\n\nAnswer format: ", StringComparison.Ordinal);
            if (!instruction.StartsWith(opening, StringComparison.Ordinal) || question < opening.Length || end < question + option.Length)
                throw new EvalDataException($"{path}, record {index}: expected '{opening}<question>', '{option.Trim()}' and 'Answer format:', got '{instruction}'.");
            string[] choices = divider.Split(instruction[(question + option.Length)..end]);
            int gold = answer.Length > 0 && char.IsAsciiDigit(answer[^1]) ? answer[^1] - '1' : -1;
            if (gold < 0 || gold >= choices.Length)
                throw new EvalDataException($"{path}, record {index}: the answer is '{answer}', expected one of {choices.Length} options.");
            yield return ChoiceItem.Of($"{task}/{index++}", $"Question: {instruction[opening.Length..question]}\nAnswer:", choices, gold);
        }
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Array ? document : throw new EvalDataException($"{path}: expected a JSON list of records.");
        }
        catch (JsonException exception)
        {
            throw EvalDataException.AtLine(path, (int)(exception.LineNumber ?? 0) + 1, "not valid JSON.");
        }
    }

    private static string Text(JsonElement record, string name, string path, int index) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new EvalDataException($"{path}, record {index}: '{name}' is missing, expected a string.");
}
