using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// Lost in the middle: the value of one key among 75, with the pair in turn at the start, in the middle and at the end. Right if the answer has the
/// value in it, case aside. An example is asked once at each place, and these items follow one another.
/// </summary>
public sealed class LostInTheMiddleTask() : GenerationTask(new(
    "lost_in_the_middle", "long context", "lost-in-the-middle kv_retrieval, 75 keys, gold at 0, 24, 49, 74: accuracy, by place",
    "lost_in_the_middle/kv-retrieval-75_keys.jsonl.gz", "Liu et al. 2023, 2307.03172"))
{
    private static readonly int[] Places = [0, 24, 49, 74];

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) =>
        JsonLines.Read(data.Require(Source), "ordered_kv_records", "key", "value").SelectMany((line, index) => Places.Select(place => Item(line, index, place)));

    private static GenerationItem Item(JsonLine line, int index, int place)
    {
        string key = line.Text("key"), value = line.Text("value");
        List<(string Key, string Value)> pairs = Pairs(line);
        if (!pairs.Remove((key, value)) || pairs.Count < place)
            throw line.Error($"'ordered_kv_records' has {pairs.Count} pairs and not that of 'key' and 'value', or fewer than {place}.");
        pairs.Insert(place, (key, value));
        string records = string.Join(",\n ", pairs.Select(pair => $"\"{pair.Key}\": \"{pair.Value}\""));
        return new GenerationItem
        {
            Id = $"lost_in_the_middle/{index}@{place}",
            Cluster = $"{index}",
            Request = new GenerateRequest(
                $"Extract the value corresponding to the specified key in the JSON object below.\n\nJSON data:\n{{{records}}}\n\nKey: \"{key}\"\nCorresponding value:", [], 100),
            Target = value,
            Values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["place"] = place },
        };
    }

    private static List<(string Key, string Value)> Pairs(JsonLine line)
    {
        try
        {
            return [.. line.Object.GetProperty("ordered_kv_records").EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()!))];
        }
        catch (Exception exception) when (exception is InvalidOperationException or IndexOutOfRangeException)
        {
            throw line.Error("'ordered_kv_records' is no list of pairs of texts.");
        }
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) =>
        PythonText.Lower(text).Contains(PythonText.Lower(item.Target), StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [Mean.Of("accuracy", outcomes, outcome => outcome.Score), .. Groups.Of("accuracy", outcomes)];
}
