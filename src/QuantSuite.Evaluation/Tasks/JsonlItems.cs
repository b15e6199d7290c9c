using System.Text;
using System.Text.Json;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>
/// MicroWorld's item format, which is also the format of a user's own tasks: a JSONL file whose lines have <c>id</c> and, all alike,
/// <c>prompt</c> with <c>choices</c> and <c>answer</c> (index), or <c>prompt</c> with <c>target</c>, or <c>text</c>.
/// Further numbers and true/false become values of the item, by which metrics are grouped (<see cref="Metrics.Groups"/>).
/// </summary>
public static class JsonlItems
{
    private static readonly HashSet<string> Known = ["id", "prompt", "choices", "answer", "target", "text", "until", "max_tokens"];

    /// <summary>Items with choices. A choice is scored as it stands (it begins with its own space).</summary>
    public static IEnumerable<ChoiceItem> Choices(string path, int? prefix)
    {
        foreach (JsonLine line in Unique(path))
        {
            IReadOnlyList<string> choices = line.Texts("choices");
            int gold = line.Int("answer");
            if (choices.Count < 2)
                throw line.Error($"'choices' has {choices.Count} entries, expected at least 2.");
            if (gold < 0 || gold >= choices.Count)
                throw line.Error($"'answer' is {gold}, expected an index from 0 to {choices.Count - 1}.");
            if (choices.Any(choice => choice.Length == 0))
                throw line.Error("an entry of 'choices' is empty, expected text to score.");
            yield return ChoiceItem.Of(line.Text("id"), line.Text("prompt"), choices, gold, delimiter: "", prefix) with { Values = Values(line) };
        }
    }

    /// <summary>
    /// Items with a target: generated greedily up to the target's own number of tokens plus 2, or up to <c>max_tokens</c> and a string of
    /// <c>until</c> where the line has them.
    /// </summary>
    public static IEnumerable<GenerationItem> Generations(string path, int? prefix)
    {
        foreach (JsonLine line in Unique(path))
        {
            string target = line.Text("target");
            IReadOnlyList<string> until = line.Has("until") ? line.Texts("until") : [];
            var request = line.Has("max_tokens")
                ? new GenerateRequest(line.Text("prompt"), until, line.Int("max_tokens"), prefix)
                : new GenerateRequest(line.Text("prompt"), until, 2, prefix, MaxTokensBeyond: target);
            yield return new GenerationItem { Id = line.Text("id"), Request = request, Target = target, Values = Values(line) };
        }
    }

    /// <summary>Items with a text, scored by lm-evaluation-harness's rolling windows.</summary>
    public static IEnumerable<TextItem> Texts(string path, int? prefix)
    {
        foreach (JsonLine line in Unique(path))
        {
            string text = line.Text("text");
            if (text.Length == 0)
                throw line.Error("'text' is empty, expected text to score.");
            yield return new TextItem
            {
                Id = line.Text("id"),
                Request = new RollingRequest(text, WindowRule.LmEval, prefix),
                WordCount = PythonText.WordCount(text),
                ByteCount = Encoding.UTF8.GetByteCount(text),
                Values = Values(line),
            };
        }
    }

    private static IEnumerable<JsonLine> Unique(string path)
    {
        var seen = new Dictionary<string, int>();
        foreach (JsonLine line in JsonLines.Read(path))
        {
            string id = line.Text("id");
            if (!seen.TryAdd(id, line.Number))
                throw line.Error($"the id '{id}' stands already on line {seen[id]}; every item needs its own.");
            yield return line;
        }
    }

    private static SortedDictionary<string, double> Values(JsonLine line)
    {
        var values = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (JsonProperty property in line.Object.EnumerateObject().Where(property => !Known.Contains(property.Name)))
            if (property.Value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
                values[property.Name] = property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble() : property.Value.GetBoolean() ? 1 : 0;
        return values;
    }
}
