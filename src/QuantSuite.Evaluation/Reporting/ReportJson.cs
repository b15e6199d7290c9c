using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Sentinels;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// The details of all rows, from which the page's script builds a row's detail when it is opened. They lie in the page as chunks: the rows of a
/// model × task together, the items of a task (which models and recipes share) once; each chunk is JSON, deflated and in base64, and is
/// inflated by the browser when a row of it is opened. So 2,000 rows of 200 items make a page of a few megabytes of which the browser parses little. The
/// script puts all of it on the page as text, never as markup; no text can end the script element that holds it, for base64 has no &lt;.
/// <code>
/// index: { "names": [text…], "rows": [[model, recipe, task, ability, verdict, chunk, place]…], "environments": [[[label, value]…]…] }
/// chunk of rows: { "items": chunk, "rows": [row…] }        chunk of items: [[id, prompt, [choice…], expected]…]
/// row: { "words": …, "commands": [look closer, accept], "kind": 0 right or wrong | 1 score | 2 log-likelihood,
///        "metrics": [[name, value, error, unit]…], "deltas": [[against, change]…], "power": [sentence…], "codes": …,
///        "approved": [change…], "approvedCount": n, "approvedWays": …, the same for "full" and "other", "facts": [[label, value]…], "environment": n }
/// change: [item, index, way 0 lost | 1 gained | 2 other wrong answer, now, [log-likelihood now…], before, [log-likelihood before…],
///          score before, score now]; an answer is a choice's number or a text
/// </code>
/// </summary>
internal sealed class ReportJson
{
    // More than this many changed items of one row nobody reads; the counts and the answer characters still tell of all of them.
    private const int ChangeLimit = 200, LargestLimit = 20;
    private const int PromptHead = 1_500, PromptTail = 4_500, AnswerHead = 1_000, AnswerTail = 500;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    private readonly Dictionary<(string Task, string Items, string Prompts), ItemChunk> _items = [];
    private readonly Dictionary<RunEnvironment, int> _environmentNumbers = [];
    private readonly MemoryStream _stream = new();
    private readonly Utf8JsonWriter _json;
    private readonly Report _report;

    private ReportJson(Report report) => (_report, _json) = (report, new Utf8JsonWriter(_stream, Options));

    /// <summary>The index as JSON text and the chunks in base64, of a report.</summary>
    public static (string Index, IReadOnlyList<string> Chunks) Of(Report report) => new ReportJson(report).Write();

    /// <summary>The facts of an environment, labelled.</summary>
    public static IEnumerable<(string Label, string Value)> Facts(RunEnvironment e) =>
    [
        ("Processor", e.Processor), ("Kernels", e.Kernels), ("Threads", e.ThreadCount.ToString()), ("Operating system", e.OperatingSystem),
        ("Runtime", e.Runtime), ("QuantSuite", e.Version), ("Commit", Figures.Hash(e.Commit)),
    ];

    private (string Index, IReadOnlyList<string> Chunks) Write()
    {
        var groups = _report.Rows.GroupBy(row => (row.Result.Model, row.Result.Task, Items: ItemsOf(row.Result).Number)).ToList();
        var chunks = new string[_items.Count + groups.Count];
        foreach (var (g, group) in groups.Index())
            chunks[_items.Count + g] = Chunk(() =>
            {
                _json.WriteStartObject();
                _json.WriteNumber("items", group.Key.Items);
                Array("rows", group, Row);
                _json.WriteEndObject();
            });
        foreach (ItemChunk items in _items.Values)
            chunks[items.Number] = Chunk(() => Array(null, items.Items, Item));
        var places = new Dictionary<ReportRow, (int Chunk, int Place)>(ReferenceEqualityComparer.Instance);
        foreach (var (g, group) in groups.Index())
            foreach (var (place, row) in group.Index())
                places[row] = (_items.Count + g, place);
        return (Text(() => Index(places)), chunks);
    }

    private void Index(Dictionary<ReportRow, (int Chunk, int Place)> places)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        _json.WriteStartObject();
        Array("rows", _report.Rows, row =>
        {
            (int chunk, int place) = places[row];
            int[] key = [.. new[] { row.Result.Model, row.Result.Recipe, row.Result.Task, row.Result.Ability, $"{row.Verdict.Kind}" }.Select(name => Number(names, Clean(name)))];
            Array(null, [.. key, chunk, place], _json.WriteNumberValue);
        });
        Array("names", names.Keys, Text);
        Array("environments", _environmentNumbers.Keys, e => Array(null, Facts(e), Fact));
        _json.WriteEndObject();
    }

    private string Text(Action write)
    {
        _stream.SetLength(0);
        _json.Reset(_stream);
        write();
        _json.Flush();
        return Encoding.UTF8.GetString(_stream.GetBuffer(), 0, (int)_stream.Length);
    }

    private string Chunk(Action write)
    {
        byte[] text = Encoding.UTF8.GetBytes(Text(write));
        using MemoryStream packed = new();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal))
            deflate.Write(text);
        return Convert.ToBase64String(packed.ToArray());
    }

    private ItemChunk ItemsOf(EvalResult result)
    {
        var key = (result.Task, result.Identity.Items, result.Identity.Prompts);
        if (!_items.TryGetValue(key, out ItemChunk? chunk))
            _items.Add(key, chunk = new ItemChunk(_items.Count));
        return chunk;
    }

    private void Row(ReportRow row)
    {
        EvalResult result = row.Result;
        _json.WriteStartObject();
        _json.WriteString("words", Clean(row.Words));
        Array("commands", [SuiteCommands.LookCloser(result), SuiteCommands.Accept(result)], Text);
        _json.WriteNumber("kind", (int)result.Gate.Kind);
        Array("metrics", result.Metrics, m => Array(null, [m.Name, Figures.Value(m), Figures.Error(m), Figures.Unit(m)], Text));
        Array("deltas", Deltas(row), Fact);
        Array("power", PowerWords.Of(row), Text);
        if (result.Gate.Kind == GateKind.RightOrWrong)
            _json.WriteString("codes", string.Concat(result.Items.Select(i => i.Code)));
        Changes("approved", row.Verdict.Comparison, result, null);
        Changes("full", row.FullComparison, result, row.Full);
        Changes("other", row.OtherComparison, result, row.Other);
        Array("facts", RowFacts(result), Fact);
        _json.WriteNumber("environment", Number(_environmentNumbers, result.Environment with { FinishedAt = default }));
        _json.WriteEndObject();
    }

    private void Changes(string name, Comparison? comparison, EvalResult result, EvalResult? before)
    {
        if (comparison is not { Changes.Count: > 0 })
            return;
        Array(name, Shown(comparison), c => ChangeOf(c, result, before));
        _json.WriteNumber(name + "Count", comparison.Changes.Count);
        if (result.Gate.Kind == GateKind.RightOrWrong)
            _json.WriteString(name + "Ways", Ways(comparison));
    }

    // Right or wrong: lost, gained, other, each in the items' order. Continuous scores all move a little: those that moved most.
    private static IEnumerable<ItemChange> Shown(Comparison comparison) => comparison.Gate.Kind == GateKind.RightOrWrong
        ? comparison.Changes.OrderBy(WayOf).ThenBy(c => c.Index).Take(ChangeLimit)
        : comparison.Changes.OrderByDescending(c => Math.Abs(c.Difference) / c.Now.Weight).ThenBy(c => c.Index).Take(LargestLimit);

    // One character an item: l lost, g gained, m other wrong answer, a space where it is as before.
    private static string Ways(Comparison comparison)
    {
        char[] ways = new char[comparison.ItemCount];
        System.Array.Fill(ways, ' ');
        foreach (ItemChange change in comparison.Changes)
            ways[change.Index] = "lgm"[WayOf(change)];
        return new string(ways).TrimEnd();
    }

    private static int WayOf(ItemChange change) => change.Difference > 0 ? 1 : change.Difference == 0 ? 2 : 0;

    private void ChangeOf(ItemChange change, EvalResult result, EvalResult? before)
    {
        _json.WriteStartArray();
        _json.WriteNumberValue(ItemNumber(change, result));
        _json.WriteNumberValue(change.Index);
        _json.WriteNumberValue(WayOf(change));
        Answer(change.Now.Answer, change.Now.Choices);
        Array(null, LogLikelihoods(change.Now), Rounded);
        Answer(change.Before, change.Now.Choices);
        Array(null, before is null ? [] : LogLikelihoods(before.Items[change.Index]), Rounded);
        Rounded(change.BeforeScore);
        Rounded(change.Now.Score);
        _json.WriteEndArray();
    }

    private int ItemNumber(ItemChange change, EvalResult result)
    {
        ItemChunk chunk = ItemsOf(result);
        int number = Number(chunk.Numbers, change.Index);
        if (number == chunk.Items.Count)
            chunk.Items.Add(change.Now);
        return number;
    }

    // Of the choices or windows; of a generated text, as the task noted it.
    private static IEnumerable<double> LogLikelihoods(ItemOutcome item) =>
        item.LogLikelihoods.Count > 0 ? item.LogLikelihoods : item.Values.TryGetValue("log_likelihood", out double sum) ? [sum] : [];

    private static IEnumerable<(string, string)> Deltas(ReportRow row)
    {
        GateKind kind = row.Result.Gate.Kind;
        yield return ("against the approved run", ChangeWords.Of(row.AgainstBaseline, kind));
        yield return ("against fp32", ChangeWords.Of(row.AgainstFull, kind));
        if (row.OtherComparison is { } other)
            yield return ("against the other run", ChangeWords.Of(Change.Of(other), kind));
        foreach ((string name, Comparison? comparison) in new[] { ("approved run", row.Verdict.Comparison), ("fp32", row.FullComparison) })
            if (comparison?.Margins is { } margins)
                yield return ($"log-likelihood margins against {(name == "fp32" ? name : "the " + name)}", ChangeWords.Of(margins));
    }

    private void Item(ItemOutcome item)
    {
        _json.WriteStartArray();
        Text(item.Id);
        Text(VisibleText.Shortened(item.Prompt, PromptHead, PromptTail));
        Array(null, item.Choices, Text);
        Text(VisibleText.Shortened(item.Expected, AnswerHead, AnswerTail));
        _json.WriteEndArray();
    }

    private static IEnumerable<(string Label, string Value)> RowFacts(EvalResult r)
    {
        yield return ("Family", r.Family);
        yield return ("Task version", r.TaskVersion.ToString());
        yield return ("Items", Figures.Count(r.Items.Count));
        foreach (Sentinel sentinel in r.Sentinels)
            yield return ("Sentinel", sentinel.Words);
        foreach ((string name, string value) in r.Settings)
            yield return (name, value);
        yield return ("Gate", $"{GateWords(r.Gate.Kind)}, margin {Figures.Spread(r.Gate.Margin, r.Gate.Kind)} {Figures.DeltaUnit(r.Gate.Kind)}");
        yield return ("Bits per weight", Figures.Fixed(r.Quantization.BitsPerWeight, 3));
        yield return ("Packed linears", r.Quantization.Words);
        yield return ("Weights", Figures.Bytes(r.Quantization.WeightBytes));
        yield return ("Peak memory", Figures.Bytes(r.Cost.PeakMemoryBytes));
        yield return ("Time", $"{Figures.Duration(r.Cost.Seconds)} for {Figures.Count(r.Cost.TokenCount)} tokens");
        yield return ("Speed", $"{Figures.Rate(r.Cost.TokensPerSecond)} tokens/s, {Figures.Rate(r.Cost.ItemsPerSecond)} items/s");
        yield return ("From the cache", $"{Figures.Count(r.Cost.CachedItemCount)} items");
        yield return ("Finished", r.Environment.FinishedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'"));
        yield return ("Bits hash", Figures.Hash(r.BitsHash));
        foreach ((string name, string hash) in Hashes(r.Identity))
            yield return (name + " hash", Figures.Hash(hash));
    }

    private static IEnumerable<(string Name, string Hash)> Hashes(ResultIdentity i) =>
    [
        ("Weights", i.Weights), ("Tokenizer", i.Tokenizer), ("Recipe", i.Recipe), ("Calibration", i.Calibration),
        ("Items", i.Items), ("Prompts", i.Prompts), ("Engine", i.Engine),
    ];

    private static string GateWords(GateKind kind) => kind switch
    {
        GateKind.RightOrWrong => "right or wrong",
        GateKind.Score => "mean score",
        _ => "log-likelihood per token",
    };

    private void Fact((string Label, string Value) fact) => Array(null, [fact.Label, fact.Value], Text);

    private void Text(string text) => _json.WriteStringValue(Clean(text));

    private void Answer(string answer, IReadOnlyList<string> choices)
    {
        for (int i = 0; i < choices.Count; i++)
            if (choices[i] == answer)
            {
                _json.WriteNumberValue(i);
                return;
            }
        Text(VisibleText.Shortened(answer, AnswerHead, AnswerTail));
    }

    // JSON has no NaN and no infinity: their names go as text.
    private void Rounded(double value)
    {
        if (double.IsFinite(value))
            _json.WriteNumberValue(Math.Round(value, 3));
        else
            _json.WriteStringValue(Figures.Fixed(value, 0));
    }

    private void Array<T>(string? name, IEnumerable<T> values, Action<T> write)
    {
        if (name is not null)
            _json.WritePropertyName(name);
        _json.WriteStartArray();
        foreach (T value in values)
            write(value);
        _json.WriteEndArray();
    }

    private static string Clean(string text) => VisibleText.Of(text);

    private static int Number<T>(Dictionary<T, int> numbers, T key) where T : notnull
    {
        if (!numbers.TryGetValue(key, out int number))
            numbers.Add(key, number = numbers.Count);
        return number;
    }

    // The items of a task that some row shows, in the order of their first mention.
    private sealed record ItemChunk(int Number)
    {
        public Dictionary<int, int> Numbers { get; } = [];

        public List<ItemOutcome> Items { get; } = [];
    }
}
