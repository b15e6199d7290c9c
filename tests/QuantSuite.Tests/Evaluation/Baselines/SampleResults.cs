using QuantSuite.Evaluation;

namespace QuantSuite.Tests.Evaluation.Baselines;

/// <summary>Results made up for tests of comparisons.</summary>
internal static class SampleResults
{
    /// <summary>Right or wrong: one item a character, with choices <c>alpha</c>, <c>beta</c> … for letters.</summary>
    public static EvalResult Choices(string codes, string bits = "1", double? margin = null) => Result(
        new Gate(GateKind.RightOrWrong, margin ?? Gate.ShareMargin(codes.Length)),
        [.. codes.Select((code, i) => Choice(code, i))],
        bits,
        new Metric("acc", codes.Length == 0 ? double.NaN : codes.Count(IsRight) / (double)codes.Length, codes.Length < 2 ? null : 0.03125, true));

    /// <summary>Summed log-likelihoods of texts.</summary>
    public static EvalResult Texts(
        IReadOnlyList<double> scores, IReadOnlyList<double> weights, string bits = "1", string cluster = "", double margin = 0.01) => Result(
        new Gate(GateKind.LogLikelihood, margin),
        [.. scores.Select((score, i) => new ItemOutcome { Id = $"text-{i + 1}", Score = score, Weight = weights[i], Code = '.', Cluster = cluster })],
        bits,
        new Metric("word_perplexity", Math.Exp(-scores.Sum() / weights.Sum()), null, false));

    /// <summary><paramref name="count"/> right answers, of which the first <paramref name="wrong"/> are wrong.</summary>
    public static string Codes(int count, int wrong = 0, int start = 0) =>
        string.Concat(Enumerable.Range(0, count).Select(i => i >= start && i < start + wrong ? 'b' : 'A'));

    public static EvalResult Result(Gate gate, IReadOnlyList<ItemOutcome> items, string bits, params IReadOnlyList<Metric> metrics) => new()
    {
        Model = "microworld-m",
        Family = "llama",
        Recipe = "rtn-int4-g32",
        Task = "commonsense",
        TaskVersion = 1,
        Ability = "commonsense",
        Gate = gate,
        Metrics = metrics,
        Items = items,
        BitsHash = Hash(bits),
        Identity = new ResultIdentity(Hash("weights"), Hash("tokenizer"), "rtn-int4-g32", "", Hash("items"), Hash("prompts"), Hash("engine")),
        Settings = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = "0" },
        Quantization = new QuantizationProof(4.5, 1_000_000, 14, 14),
        Environment = new RunEnvironment("processor", "scalar", 2, "linux", ".NET", "0.1.0", "abc", DateTimeOffset.UnixEpoch),
        Cost = new RunCost(1, 1000, 1000, 200, 1 << 20, 0),
    };

    public static string Hash(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private static bool IsRight(char code) => code == '+' || char.IsAsciiLetterUpper(code);

    private static ItemOutcome Choice(char code, int index)
    {
        string[] choices = char.IsAsciiLetter(code) ? ["alpha", "beta", "gamma", "delta"] : [];
        int chosen = char.ToUpperInvariant(code) - 'A';
        bool right = IsRight(code);
        return new ItemOutcome
        {
            Id = $"commonsense-{index + 1}",
            Score = right ? 1 : 0,
            Code = code,
            Prompt = $"question {index + 1}",
            Choices = choices,
            Expected = choices.Length == 0 ? "7" : "alpha",
            Answer = choices.Length == 0 ? (right ? "7" : "8") : choices[chosen],
        };
    }
}
