using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>Results that look like a real run: models × recipes × tasks, in which fewer bits lose more items, drawn from a fixed stream.</summary>
internal static class SyntheticReport
{
    public static readonly (string Name, double Bits, double Loss)[] Recipes =
    [
        ("fp32", 32, 0), ("fp32-kv4", 32, 0.02), ("rtn-int8", 8.5, 0.002), ("rtn-int8-a8", 8.5, 0.01), ("rtn-int4-g32", 4.5, 0.02),
        ("rtn-int4-g32-kv8", 4.5, 0.025), ("rtn-int4-g128", 4.125, 0.05), ("rtn-int3-g32", 3.5, 0.12), ("rtn-int2-g32", 2.5, 0.6),
    ];

    public static readonly (string Name, string Ability, GateKind Kind, double Accuracy)[] Tasks =
    [
        ("arithmetic", "reasoning", GateKind.RightOrWrong, 0.46), ("commonsense", "commonsense", GateKind.RightOrWrong, 0.81),
        ("entailment", "inference", GateKind.RightOrWrong, 0.74), ("knowledge", "knowledge", GateKind.RightOrWrong, 0.66),
        ("retrieval8", "retrieval", GateKind.RightOrWrong, 0.97), ("retrieval16", "retrieval", GateKind.RightOrWrong, 0.88),
        ("stories", "language modelling", GateKind.LogLikelihood, 0), ("translation", "translation", GateKind.Score, 0.58),
    ];

    private static readonly string[] Names = ["Toron", "Erdon", "Rimena", "Nolena", "Vasko", "Belira", "Quorin", "Talmei"];
    private static readonly string[] Things = ["drums", "owls", "maps", "rings", "lamps", "boats"];

    /// <summary>Every model × recipe × task with <paramref name="itemCount"/> items each.</summary>
    public static IReadOnlyList<EvalResult> Results(int itemCount = 200, string[]? models = null) =>
    [
        .. from model in models ?? ["microworld-m", "microworld-s"]
           from task in Tasks
           from recipe in Recipes
           select Result(model, task, recipe, itemCount),
    ];

    /// <summary>A report in which every verdict occurs.</summary>
    public static Report Report(int itemCount = 200, string[]? models = null)
    {
        var results = Results(itemCount, models).ToDictionary(ResultKey.Of);
        return new Report { Rows = [.. results.Values.Select(r => ReportRow.Of(r, Judged(r, results), results[ResultKey.Of(r) with { Recipe = "fp32" }]))] };
    }

    // A verdict here and there, as a slip in one recipe and a new model file would leave them.
    private static Verdict Judged(EvalResult now, Dictionary<ResultKey, EvalResult> results)
    {
        Baseline As(string recipe) => Baseline.Of(results[ResultKey.Of(now) with { Recipe = recipe }]) with { Recipe = now.Recipe };
        Baseline approved = As(now.Recipe), other = approved with { BitsHash = Hash("other") };
        return (now.Recipe, now.Task) switch
        {
            ("rtn-int2-g32", "knowledge" or "retrieval8") => As("rtn-int4-g32").Compare(now),
            ("rtn-int4-g128", "arithmetic") => As("rtn-int4-g32").Compare(now),
            ("rtn-int3-g32", "translation") => As("rtn-int2-g32").Compare(now),
            ("fp32-kv4", "stories") => (approved with { Identity = approved.Identity with { Items = Hash("other") } }).Compare(now),
            ("rtn-int4-g128", "retrieval16") => Verdict.Missing(now),
            ("rtn-int4-g32" or "rtn-int4-g32-kv8", "knowledge") => (other with { Identity = other.Identity with { Weights = Hash("w") } }).Compare(now),
            ("rtn-int8-a8", "stories") => (other with { Scores = [.. other.Scores.Select((s, i) => i % 2 == 0 ? s * 1.0001 : s / 1.0001)] }).Compare(now),
            _ => approved.Compare(now),
        };
    }

    private static EvalResult Result(
        string model, (string Name, string Ability, GateKind Kind, double Accuracy) task, (string Name, double Bits, double Loss) recipe, int itemCount)
    {
        double loss = model.EndsWith("-s", StringComparison.Ordinal) ? recipe.Loss * 1.3 : recipe.Loss;
        ItemOutcome[] items = [.. Enumerable.Range(0, itemCount).Select(i => Item(model, task, recipe.Name, loss, i))];
        double seconds = 0.6 + 3.5 * Uniform(model, task.Name, recipe.Name, -1);
        return new EvalResult
        {
            Model = model,
            Family = "llama",
            Recipe = recipe.Name,
            Task = task.Name,
            TaskVersion = 1,
            Ability = task.Ability,
            Gate = new Gate(task.Kind, 0.01),
            Metrics = MetricsOf(task.Kind, items),
            Items = items,
            BitsHash = Hash(model, task.Name, recipe.Name),
            Identity = new ResultIdentity(
                Hash(model), Hash("tokenizer"), Hash(recipe.Name), "", Hash(task.Name, "items"), Hash(task.Name, "prompts"), "quantsuite"),
            Settings = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = "0" },
            Quantization = new QuantizationProof(recipe.Bits, (long)(1_800_000 * recipe.Bits / 8), recipe.Bits < 32 ? 28 : 0, 28),
            Environment = new RunEnvironment(
                "AMD EPYC 9R14", "avx512", 2, "Debian GNU/Linux 12", ".NET 10.0.12", "0.1.0", "3f2c1d0",
                DateTimeOffset.UnixEpoch.AddSeconds(1_772_366_400 + seconds * 60)),
            Cost = new RunCost(seconds, itemCount * 61L, itemCount * 61 / seconds, itemCount / seconds, 212_000_000, 0),
        };
    }

    private static Metric[] MetricsOf(GateKind kind, ItemOutcome[] items)
    {
        double mean = items.Average(i => i.Score), error = Math.Sqrt(items.Sum(i => (i.Score - mean) * (i.Score - mean)) / (items.Length - 1d) / items.Length);
        double nats = -items.Sum(i => i.Score) / items.Sum(i => i.Weight);
        return kind switch
        {
            GateKind.LogLikelihood =>
            [
                new Metric("bits_per_byte", nats / 3.2 / Math.Log(2), null, false, "bits/byte"),
                new Metric("token_perplexity", Math.Exp(nats), null, false, "per token"),
                new Metric("word_perplexity", Math.Exp(nats * 1.4), null, false, "per word"),
            ],
            GateKind.Score => [new Metric("chrf", mean, error, true)],
            _ => [new Metric("acc", mean, error, true)],
        };
    }

    // An item has a difficulty of its own; a recipe adds noise to it. So most items answer alike in all recipes.
    private static ItemOutcome Item(string model, (string Name, string Ability, GateKind Kind, double Accuracy) task, string recipe, double loss, int i)
    {
        double difficulty = Uniform(model, task.Name, "", i), luck = Uniform(model, task.Name, recipe, i);
        double noise = loss * (luck - 0.35) * (luck > 0.8 ? 2 : 0.6);
        bool right = difficulty + noise < task.Accuracy;
        string id = $"{task.Name}-{i:000}", name = Names[i % Names.Length], thing = Things[i % Things.Length];
        return task.Kind switch
        {
            GateKind.LogLikelihood => new ItemOutcome
            {
                Id = id,
                Score = -(31 + i % 17) * (1.31 + 0.2 * difficulty + 0.7 * loss * luck),
                Weight = 31 + i % 17,
                Code = '.',
                Cluster = $"story-{i / 4}",
                Prompt = $"One day {name} found {i} {thing} by the river. {name} took them home.",
            },
            GateKind.Score => new ItemOutcome
            {
                Id = id,
                Score = Math.Clamp(task.Accuracy + 0.4 * (0.5 - difficulty) - noise, 0, 1),
                Code = '.',
                Prompt = $"Translate: {name} has {thing}.\nAnswer:",
                Expected = $" {name.ToLowerInvariant()}u {thing}ka",
                Answer = $" {name.ToLowerInvariant()}{(right ? "u" : "")} {thing}{(right ? "ka" : "u")}",
            },
            _ when task.Name is "arithmetic" or "retrieval8" or "retrieval16" => Generated(task.Name, id, name, thing, right, luck, i),
            _ => Chosen(id, name, thing, right, luck, i),
        };
    }

    private static ItemOutcome Generated(string task, string id, string name, string thing, bool right, double luck, int i)
    {
        int had = 12 + i % 8, more = 2 + i % 5, answer = right ? had + more : 13 + (int)(luck * 9);
        var lines = Enumerable.Range(0, 8).Select(k => $"line {(i + k * 7) % 90}: the {Things[k % Things.Length]} of {Names[(i + k) % Names.Length]}\n");
        return new ItemOutcome
        {
            Id = id,
            Score = right ? 1 : 0,
            Code = right ? '+' : '-',
            Prompt = task == "arithmetic"
                ? $"Problem: {name} has {had} {thing}. {name} buys {more} more. How many {thing} are left?\nWork:"
                : $"{string.Concat(lines)}What is on line {i % 90}?\nAnswer:",
            Expected = $" {had}+{more}={had + more}. The answer is {had + more}.",
            Answer = $" {had}+{more}={answer}. The answer is {answer}.",
        };
    }

    private static ItemOutcome Chosen(string id, string name, string thing, bool right, double luck, int i)
    {
        string[] choices = [.. Enumerable.Range(0, 4).Select(k => $" {Names[(i + k * 3) % Names.Length]}")];
        int answer = i * 7 % 4, chosen = right ? answer : (answer + 1 + (int)(luck * 3)) % 4;
        return new ItemOutcome
        {
            Id = id,
            Score = right ? 1 : 0,
            Code = (char)((right ? 'A' : 'a') + chosen),
            Prompt = $"Question: Who keeps the {thing} of {name} in the town of Vell?\nAnswer:",
            Choices = choices,
            Expected = choices[answer],
            Answer = choices[chosen],
            LogLikelihoods = [.. Enumerable.Range(0, 4).Select(k => -2.1 - Math.Abs(k - chosen) * 0.9 - luck * 0.3)],
        };
    }

    private static double Uniform(string a, string b, string c, int i)
    {
        ulong state = 14695981039346656037;
        foreach (char ch in $"{a}|{b}|{c}|{i}")
            state = (state ^ ch) * 1099511628211;
        state ^= state >> 29;
        state *= 0xBF58476D1CE4E5B9;
        return (state >> 11) * (1.0 / (1UL << 53));
    }

    private static string Hash(params string[] parts) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('|', parts))));
}
