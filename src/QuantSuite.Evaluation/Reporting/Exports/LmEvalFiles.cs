using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuantSuite.Evaluation.Reporting.Exports;

/// <summary>
/// Results in lm-evaluation-harness's files, for whatever reads those: a folder for each model × recipe, in it <c>results_&lt;date&gt;.json</c> and, for each
/// task, <c>samples_&lt;task&gt;_&lt;date&gt;.jsonl</c>. The layout is that of its <c>EvaluationTracker</c> (0.4.9): metric keys end in the filter's name
/// (<c>acc,none</c>), responses are texts in nested lists, requests are <c>gen_args_i.arg_j</c>, hashes are SHA-256.
/// </summary>
/// <remarks>
/// What a result does not keep is not made up: whether a choice was greedy is <c>None</c>, generation options are empty, and the second argument of a
/// choice is the choice without its delimiter. Where a run was limited, <c>n-samples.original</c> is the limit too.
/// </remarks>
public static class LmEvalFiles
{
    private const string Filter = "none";
    private static readonly JsonSerializerOptions Lines = new(EvalResultFile.Options) { WriteIndented = false };

    /// <summary>Writes all rows below a folder and returns the paths, in order.</summary>
    public static IReadOnlyList<string> Write(string folder, Report report)
    {
        var paths = new List<string>();
        foreach (var run in report.Rows.Select(row => row.Result).GroupBy(result => (result.Model, result.Recipe)))
        {
            EvalResult[] tasks = [.. run];
            string date = tasks.Max(result => result.Environment.FinishedAt).UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss.ffffff", CultureInfo.InvariantCulture);
            string root = Path.Combine(folder, Sanitized($"{run.Key.Model}/{run.Key.Recipe}"));
            Save(Path.Combine(root, $"results_{date}.json"), Results(tasks).ToJsonString(EvalResultFile.Options));
            foreach (EvalResult result in tasks)
                Save(Path.Combine(root, $"samples_{Sanitized(result.Task)}_{date}.jsonl"), string.Concat(Samples(result).Select(sample => sample.ToJsonString(Lines) + "\n")));
        }
        return paths;

        void Save(string path, string text)
        {
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(text));
            paths.Add(path);
        }
    }

    /// <summary>The aggregated results of one model × recipe.</summary>
    internal static JsonObject Results(IReadOnlyList<EvalResult> tasks)
    {
        EvalResult first = tasks[0];
        DateTimeOffset finished = tasks.Max(result => result.Environment.FinishedAt);
        double seconds = tasks.Sum(result => result.Cost.Seconds);
        return new JsonObject
        {
            ["results"] = ByTask(tasks, Metrics),
            ["group_subtasks"] = ByTask(tasks, _ => new JsonArray()),
            ["configs"] = ByTask(tasks, Config),
            ["versions"] = ByTask(tasks, result => result.TaskVersion),
            ["n-shot"] = ByTask(tasks, Shots),
            ["higher_is_better"] = ByTask(tasks, result => Object(result.Metrics.DistinctBy(metric => Parts(metric.Name).Name), metric => Parts(metric.Name).Name, metric => metric.HigherIsBetter)),
            ["n-samples"] = ByTask(tasks, result => new JsonObject { ["original"] = result.Items.Count, ["effective"] = result.Items.Count }),
            ["config"] = new JsonObject
            {
                ["model"] = "quantsuite",
                ["model_args"] = $"pretrained={first.Model},recipe={first.Recipe}",
                ["model_num_parameters"] = null,
                ["batch_size"] = null,
                ["device"] = first.Environment.Kernels,
                ["limit"] = first.Settings.TryGetValue("limit", out string? limit) && double.TryParse(limit, CultureInfo.InvariantCulture, out double count) ? count : null,
                ["bits_per_weight"] = Number(first.Quantization.BitsPerWeight),
            },
            ["git_hash"] = first.Environment.Commit,
            ["date"] = finished.ToUnixTimeMilliseconds() / 1000.0,
            ["pretty_env_info"] = $"{first.Environment.Processor}, {first.Environment.OperatingSystem}, {first.Environment.Runtime}, QuantSuite {first.Environment.Version}",
            ["task_hashes"] = ByTask(tasks, result => Hash(string.Concat(result.Items.Select(item => Hash(Doc(item).ToJsonString(Lines)) + Hash(item.Prompt) + Hash(Target(item)))))),
            ["model_source"] = "quantsuite",
            ["model_name"] = $"{first.Model}/{first.Recipe}",
            ["model_name_sanitized"] = Sanitized($"{first.Model}/{first.Recipe}"),
            ["start_time"] = 0.0,
            ["end_time"] = seconds,
            ["total_evaluation_time_seconds"] = seconds.ToString("R", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>One object an item.</summary>
    internal static IEnumerable<JsonObject> Samples(EvalResult result)
    {
        var filters = result.Metrics.Where(metric => !metric.Name.Contains('[')).Select(metric => Parts(metric.Name)).GroupBy(parts => parts.Filter, parts => parts.Name);
        foreach (var filter in filters)
            for (int i = 0; i < result.Items.Count; i++)
                yield return Sample(result, i, filter.Key, filter);
    }

    private static JsonObject Sample(EvalResult result, int index, string filter, IEnumerable<string> names)
    {
        ItemOutcome item = result.Items[index];
        var values = names.Select(name => (Name: name, Value: ItemValue(result, item, name, filter))).Where(metric => metric.Value is not null).ToList();
        string target = Target(item);
        JsonObject doc = Doc(item);
        JsonArray responses = Responses(result.Gate.Kind, item);
        var sample = new JsonObject
        {
            ["doc_id"] = index,
            ["doc"] = doc,
            ["target"] = target,
            ["arguments"] = Arguments(result.Gate.Kind, item),
            ["resps"] = new JsonArray([.. responses.Select(response => new JsonArray(response!.DeepClone()))]),
            ["filtered_resps"] = responses,
            ["filter"] = filter,
            ["metrics"] = new JsonArray([.. values.Select(metric => JsonValue.Create(metric.Name))]),
            ["doc_hash"] = Hash(doc.ToJsonString(Lines)),
            ["prompt_hash"] = Hash(item.Prompt),
            ["target_hash"] = Hash(target),
        };
        foreach ((string name, JsonNode? value) in values)
            sample[name] = value;
        return sample;
    }

    // Null for what only all items together have (BLEU of a corpus). Perplexities are a pair in lm-eval's samples: log-likelihood and length.
    private static JsonNode? ItemValue(EvalResult result, ItemOutcome item, string name, string filter)
    {
        if (result.Gate.Kind == GateKind.LogLikelihood)
            return item.Values.TryGetValue(name.StartsWith("word", StringComparison.Ordinal) ? "words" : "bytes", out double length) && !name.StartsWith("token", StringComparison.Ordinal)
                ? new JsonArray(Number(item.Score), Number(length)) : null;
        if (item.Values.TryGetValue(name, out double value) || filter != Filter && item.Values.TryGetValue(filter.Split('-')[0], out value))
            return Number(value);
        return Parts(result.Metrics[0].Name) == (name, filter) ? Number(item.Score) : null;
    }

    // acc is acc,none; exact_match,strict-match names its own filter.
    private static (string Name, string Filter) Parts(string metric) =>
        metric.IndexOf(',') is >= 0 and var comma ? (metric[..comma], metric[(comma + 1)..]) : (metric, Filter);

    private static JsonObject Metrics(EvalResult result)
    {
        var metrics = new JsonObject { ["alias"] = result.Task };
        foreach (Metric metric in result.Metrics)
        {
            (string name, string filter) = Parts(metric.Name);
            metrics[$"{name},{filter}"] = Number(metric.Value);
            metrics[$"{name}_stderr,{filter}"] = metric.StandardError is { } error ? Number(error) : "N/A";
        }
        return metrics;
    }

    private static JsonObject Config(EvalResult result) => new()
    {
        ["task"] = result.Task,
        ["output_type"] = OutputType(result),
        ["num_fewshot"] = Shots(result),
        ["metadata"] = new JsonObject { ["version"] = result.TaskVersion },
    };

    private static string OutputType(EvalResult result) =>
        result.Gate.Kind == GateKind.LogLikelihood ? "loglikelihood_rolling" : result.Items.Any(item => item.Choices.Count > 0) ? "multiple_choice" : "generate_until";

    private static JsonNode Shots(EvalResult result) =>
        result.Settings.TryGetValue("shots", out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int shots) ? shots : 0;

    private static JsonObject Doc(ItemOutcome item) => new()
    {
        ["id"] = item.Id,
        ["prompt"] = item.Prompt,
        ["choices"] = new JsonArray([.. item.Choices.Select(choice => JsonValue.Create(choice))]),
        ["expected"] = item.Expected,
    };

    // A choice's number, as text, or the expected words.
    private static string Target(ItemOutcome item) =>
        item.Choices.Count == 0 ? item.Expected
        : item.Choices.Index().First(choice => choice.Item == item.Expected || choice.Index == item.Choices.Count - 1).Index.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Arguments(GateKind kind, ItemOutcome item)
    {
        JsonNode[] requests = item.Choices.Count > 0 ? [.. item.Choices.Select(choice => new JsonObject { ["arg_0"] = item.Prompt, ["arg_1"] = choice })]
            : kind == GateKind.LogLikelihood ? [new JsonObject { ["arg_0"] = item.Prompt }]
            : [new JsonObject { ["arg_0"] = item.Prompt, ["arg_1"] = new JsonObject() }];
        return Object(requests.Index(), request => $"gen_args_{request.Index}", request => request.Item);
    }

    private static JsonArray Responses(GateKind kind, ItemOutcome item) =>
        item.Choices.Count > 0 ? [.. item.LogLikelihoods.Select(value => new JsonArray(Text(value), "None"))]
        : kind == GateKind.LogLikelihood ? [Text(item.Score)]
        : [item.Answer];

    private static JsonObject ByTask(IEnumerable<EvalResult> tasks, Func<EvalResult, JsonNode> value) => Object(tasks, result => result.Task, value);

    private static JsonObject Object<T>(IEnumerable<T> values, Func<T, string> name, Func<T, JsonNode> value) =>
        new(values.Select(entry => KeyValuePair.Create<string, JsonNode?>(name(entry), value(entry))));

    // JSON has no NaN; lm-eval's readers take the name as text.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : Text(value);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // What lm-eval's sanitize_model_name and sanitize_task_name leave out, and whatever else a file system does not take.
    private static string Sanitized(string name) =>
        string.Concat(PathName.Encode(System.Text.RegularExpressions.Regex.Replace(name, """["<>:/|\\?*\[\]]+""", "__")));
}
