using System.Globalization;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// A needle in a haystack, by length and depth: a number for a word, stated in one sentence somewhere in lines of WikiText-2, is asked for at the end.
/// Words of RULER's single needle, whose essays are not published with it. Lengths are in words of the text, as tasks do not know tokens; the numbers
/// follow from the item's place alone.
/// </summary>
public sealed class NeedleTask() : GenerationTask(new(
    "needle", "long context", "RULER niah_single's words over WikiText-2: acc, by words and depth",
    "wikitext2/wiki.test.raw", "Hsieh et al. 2024, 2404.06654; Kamradt 2023"))
{
    private const int RepeatCount = 5;
    private static readonly int[] WordCounts = [250, 500, 1000, 2000];
    private static readonly double[] Depths = [0, 0.25, 0.5, 0.75, 1];
    private static readonly string[] Keys =
        ["amber-kettle", "brisk-lantern", "coral-anvil", "dusty-violin", "eager-compass", "faint-orchard", "gilded-raft", "hollow-pepper", "idle-magnet", "jolly-harbor"];

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        string[] lines = [.. File.ReadLines(data.Require(Source)).Select(PythonText.Strip).Where(line => line.Length > 0 && line[0] != '=')];
        for (int repeat = 0, first = 0; repeat < RepeatCount; repeat++)
            foreach (int wordCount in WordCounts)
                foreach (double depth in Depths)
                    yield return Item(Haystack(lines, wordCount, ref first), repeat, wordCount, depth);
    }

    private static GenerationItem Item(List<string> hay, int repeat, int wordCount, double depth)
    {
        int seed = (((repeat * 31) + wordCount) * 31) + (int)(depth * 100);
        string key = Keys[seed % Keys.Length], number = (1_000_000 + (seed * 7919L % 9_000_000)).ToString(CultureInfo.InvariantCulture);
        hay.Insert((int)(depth * hay.Count), $"One of the special magic numbers for {key} is: {number}.");
        return new GenerationItem
        {
            Id = $"needle/{wordCount}@{depth.ToString(CultureInfo.InvariantCulture)}/{repeat}",
            Request = new GenerateRequest(
                "A special magic number is hidden within the following text. Make sure to memorize it. I will quiz you about the number afterwards.\n"
                + $"{string.Join('\n', hay)}\nWhat is the special magic number for {key} mentioned in the provided text? "
                + $"The special magic number for {key} mentioned in the provided text is", ["\n"], 32),
            Target = number,
            Values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["depth"] = depth, ["words_of_text"] = wordCount },
        };
    }

    // Whole lines until the count is reached, going round the file.
    private static List<string> Haystack(string[] lines, int wordCount, ref int next)
    {
        if (lines.Length == 0)
            throw new EvalDataException("The text of the task 'needle' has no lines, expected wiki.test.raw.");
        var hay = new List<string>();
        for (int words = 0; words < wordCount; next = (next + 1) % lines.Length)
        {
            hay.Add(lines[next]);
            words += PythonText.Split(lines[next]).Count;
        }
        return hay;
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) => text.Contains(item.Target, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [Mean.Of("acc", outcomes, outcome => outcome.Score), .. Groups.Of("acc", outcomes)];
}
