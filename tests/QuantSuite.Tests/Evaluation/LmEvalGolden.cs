using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Models;
using QuantSuite.Models.Chat;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>One file of lm-evaluation-harness's answers, joined with the items of our task of the same name.</summary>
internal sealed record LmEvalGolden(EvalTask Task, IReadOnlyList<(EvalItem Item, JsonElement Expected)> Pairs, JsonElement Summary)
{
    private static readonly string[] OfText = ["perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte"];

    /// <summary>Items where the harness's best two scores lie so close that another correct engine may decide otherwise.</summary>
    public IReadOnlySet<string> NearTies =>
        Summary.TryGetProperty("near_ties", out JsonElement ties) ? ties.EnumerateArray().Select(tie => tie.GetProperty("id").GetString()!).ToHashSet() : [];

    public static LmEvalGolden Load(string file)
    {
        string folder = Goldens.Folder("lm-eval");
        string name = Path.GetFileNameWithoutExtension(file);
        bool inChat = name.EndsWith("_chat", StringComparison.Ordinal);
        EvalTask? task = EvalTasks.All.FirstOrDefault(task => task.Name == (inChat ? name[..^"_chat".Length] : name));
        Skip.If(task is null, $"the catalog has no task {name}");
        var data = new EvalData(Goldens.RequireShared("data"));
        Skip.If(data.Find(task.Source) is null, $"no {task.Source} among the shared data");
        IEnumerable<EvalItem> all = task.Load(data);
        if (inChat && ChatTemplate.Load(Goldens.RequireShared("models/smollm2-135m-instruct")) is var template)
            all = all.Select(item => item.InChat(messages => template.Render(messages)));
        var items = all.ToDictionary(item => item.Id);
        var expected = File.ReadLines(Path.Combine(folder, file)).Select(line => JsonDocument.Parse(line).RootElement);
        JsonElement summary = Goldens.Json(Path.Combine(folder, name + ".summary.json"));
        return new LmEvalGolden(task, [.. expected.Select(e => (items[e.GetProperty("id").GetString()!], e))], summary);
    }

    public static int Gold(JsonElement golden) =>
        golden.TryGetProperty("gold_index", out JsonElement index) ? index.GetInt32()
        : golden.GetProperty("target") is { ValueKind: JsonValueKind.Number } target ? target.GetInt32() : 0;

    public static ScoreAnswer Answer(JsonElement request) =>
        new(request.GetProperty("loglikelihood").GetDouble(), request.GetProperty("is_greedy").GetBoolean(), request.GetProperty("tokens").GetInt32());

    /// <summary>A model that answers what the harness's model answered.</summary>
    public ScriptedModel Replay()
    {
        var scores = new Dictionary<ScoreRequest, ScoreAnswer>();
        foreach ((EvalItem item, JsonElement expected) in Pairs)
            if (item is ChoiceItem choice)
                foreach ((ScoreRequest request, JsonElement answer) in choice.Requests.Zip(expected.GetProperty("requests").EnumerateArray()))
                    scores[request] = Answer(answer);
        var others = Pairs.Where(pair => pair.Item is not ChoiceItem).ToDictionary(pair => pair.Item.Prompt, pair => pair.Expected);
        return new ScriptedModel
        {
            OnScore = request => scores[request],
            OnRolling = request => new RollingAnswer([Window(others[request.Text])]),
            OnGenerate = request => new GenerateAnswer(others[request.Context].GetProperty("response").GetString()!, 1, 1),
        };
    }

    private static WindowScore Window(JsonElement page) => new(page.GetProperty("loglikelihood").GetDouble(), 0, page.GetProperty("tokens").GetInt32());

    /// <summary>Verdicts and log-likelihoods, which are the harness's own, to the bit.</summary>
    public void CompareItem(ItemOutcome outcome, JsonElement metrics)
    {
        CompareVerdicts(outcome, metrics);
        if (metrics.TryGetProperty("perplexity", out JsonElement word))
            Assert.Equal(word.GetDouble(), outcome.LogLikelihoods[0]);
        if (metrics.TryGetProperty("word_perplexity", out JsonElement page))
            Assert.Equal(page[0].GetDouble(), outcome.Score);
    }

    /// <summary>What is right and what is wrong.</summary>
    public void CompareVerdicts(ItemOutcome outcome, JsonElement metrics)
    {
        foreach (JsonProperty metric in metrics.EnumerateObject().Where(metric => !OfText.Contains(metric.Name)))
        {
            (double expected, double actual) = metric.Name switch
            {
                "acc" or "exact_match" => (metric.Value.GetDouble(), outcome.Score),
                "em" => (metric.Value.GetDouble(), outcome.Score),
                "f1" when metric.Value.ValueKind == JsonValueKind.Number => (metric.Value.GetDouble(), outcome.Values["f1"]),
                "f1" => (metric.Value[1].GetDouble(), Array.IndexOf([.. outcome.Choices], outcome.Answer)),
                "prompt_level_strict_acc" => (metric.Value.GetBoolean() ? 1 : 0, outcome.Score),
                "prompt_level_loose_acc" => (metric.Value.GetBoolean() ? 1 : 0, outcome.Values["loose"] == outcome.Values["instructions"] ? 1 : 0),
                "inst_level_strict_acc" => (CountTrue(metric.Value), outcome.Values["strict"]),
                "inst_level_loose_acc" => (CountTrue(metric.Value), outcome.Values["loose"]),
                "acc_norm" => (metric.Value.GetDouble(), outcome.Values["acc_norm"]),
                "strict-match" => (metric.Value.GetProperty("exact_match").GetDouble(), outcome.Score),
                "flexible-extract" => (metric.Value.GetProperty("exact_match").GetDouble(), outcome.Values["flexible"]),
                _ => throw new InvalidOperationException($"the golden has a metric '{metric.Name}' that no one compares"),
            };
            Assert.True(expected == actual, $"{outcome.Id} {metric.Name}: expected {expected}, got {actual}");
        }
    }

    private static int CountTrue(JsonElement list) => list.EnumerateArray().Count(entry => entry.GetBoolean());

    public void CompareSummary(IReadOnlyList<Metric> metrics, double tolerance)
    {
        int compared = 0;
        foreach ((string name, double value) in SummaryValues())
        {
            bool isError = name.Contains("_stderr", StringComparison.Ordinal);
            if (name == "perplexity_stderr")
                continue; // resampled by the reference, and ours is the delta method's
            Metric metric = Assert.Single(metrics, m => m.Name == name.Replace("_stderr", "", StringComparison.Ordinal));
            Assert.Equal(value, isError ? metric.StandardError!.Value : metric.Value, value * tolerance);
            compared++;
        }
        Assert.True(compared > 0, "nothing was compared");
    }

    private IEnumerable<(string Name, double Value)> SummaryValues()
    {
        bool isGroup = Summary.TryGetProperty("all_items", out JsonElement all) || Summary.TryGetProperty("all_100_items", out all);
        JsonElement group = isGroup ? all : Summary.GetProperty("results").EnumerateObject().Single().Value;
        foreach (JsonProperty property in group.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.Number && property.Name != "sample_len")
                yield return (property.Name.Replace(",none", "", StringComparison.Ordinal).Replace(",remove_whitespace", "", StringComparison.Ordinal), property.Value.GetDouble());
    }
}
