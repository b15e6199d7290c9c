using System.Text.Json.Serialization;
using QuantSuite.Evaluation.Sentinels;

namespace QuantSuite.Evaluation;

/// <summary>
/// Model × recipe × task: metrics with standard errors, per-item outcomes, environment, cost. One JSON file under
/// <c>artifacts/results/&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.json</c>, written before anything is asserted.
/// </summary>
public sealed record EvalResult
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>The architecture, config.json's <c>model_type</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Recipe in its canonical text.</summary>
    public required string Recipe { get; init; }

    /// <summary>Task name.</summary>
    public required string Task { get; init; }

    /// <summary>The task's version: other prompts or scoring, other version.</summary>
    public required int TaskVersion { get; init; }

    /// <summary>The ability that the task measures, e.g. <c>reasoning</c>.</summary>
    public required string Ability { get; init; }

    /// <summary>How the items are compared with an approved run.</summary>
    public required Gate Gate { get; init; }

    /// <summary>The metrics; the first is the one that the gate watches.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>One outcome an item, in the task's order.</summary>
    public required IReadOnlyList<ItemOutcome> Items { get; init; }

    /// <summary>SHA-256 over the bits of all log-likelihoods and generated texts, in item order.</summary>
    public required string BitsHash { get; init; }

    /// <summary>Content hashes of what the numbers belong to.</summary>
    public required ResultIdentity Identity { get; init; }

    /// <summary>
    /// What the engine promises of its numbers (<see cref="QuantSuite.Models.LanguageModel.NumberContract"/>); empty where it promises nothing and noise
    /// must be measured.
    /// </summary>
    public string NumberContract { get; init; } = "";

    /// <summary>Settings that change the numbers (limit, shots, window rule), by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Signs of a broken model that the answers show; one that fails, fails the row whatever was approved.</summary>
    public IReadOnlyList<Sentinel> Sentinels { get; init; } = [];

    /// <summary>What ran: proof that the recipe was executed.</summary>
    public required QuantizationProof Quantization { get; init; }

    /// <summary>Where it ran. Reaches no number.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>What it cost.</summary>
    public required RunCost Cost { get; init; }
}

/// <summary>A measured figure. Its standard error is null where none is defined.</summary>
/// <param name="Name">As the implementation it equals calls it: acc, acc_norm, exact_match, word_perplexity.</param>
/// <param name="Unit">Empty for a fraction of items; else e.g. <c>nats/token</c>, <c>bits/byte</c>, <c>points</c>.</param>
public sealed record Metric(string Name, double Value, double? StandardError, bool HigherIsBetter, string Unit = "");

/// <summary>What an item's score is, and so which paired interval applies.</summary>
public enum GateKind
{
    /// <summary>1 right, 0 wrong: Tango's interval for the paired difference of proportions.</summary>
    RightOrWrong,

    /// <summary>A mean of real scores from 0 to 1 (ROUGE, F1): paired bootstrap, clustered where items share a document.</summary>
    Score,

    /// <summary>Log-likelihood (nats) per token: ratio estimate Σscore / Σweight, paired bootstrap clustered by document.</summary>
    LogLikelihood,
}

/// <summary>What happened to one item.</summary>
public sealed record ItemOutcome
{
    /// <summary>The item's own id.</summary>
    public required string Id { get; init; }

    /// <summary>1 or 0 for right or wrong; a real score; or the summed log-likelihood in nats. Higher is better.</summary>
    public required double Score { get; init; }

    /// <summary>What the score is spread over in a ratio estimate: tokens for log-likelihoods, else 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>
    /// One character for the baseline: the chosen letter, upper case if right (<c>B</c>, <c>c</c>); <c>+</c> or <c>-</c> for generation;
    /// <c>!</c> where log-likelihoods are no numbers; <c>.</c> where neither applies.
    /// </summary>
    public required char Code { get; init; }

    /// <summary>The document (or chunk, subject) that the item shares with others, or empty where items are independent.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>What was asked, for the page.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The choices, or empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The right answer in words.</summary>
    public string Expected { get; init; } = "";

    /// <summary>The model's answer in words: the chosen choice or the generated text.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Log-likelihood of each choice (or window), nats.</summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [];

    /// <summary>
    /// ln p(right choice) − ln p(best wrong choice), nats, by the scores that decide the answer; null where there is no wrong choice to compare with.
    /// </summary>
    public double? Margin { get; init; }

    /// <summary>Further per-item values by metric name (acc_norm, flexible, bleu …).</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Which of the values the item brought with it; the others score its answer. Files do not hold it: what is grouped by them stands in the metrics.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> Fields { get; init; } = [];
}

/// <summary>Content hashes, SHA-256 in lower-case hex.</summary>
/// <param name="Items">Over the ids and contents of the items, in order.</param>
/// <param name="Prompts">Over every request as it was sent to the model.</param>
public sealed record ResultIdentity(string Weights, string Tokenizer, string Recipe, string Calibration, string Items, string Prompts, string Engine);

/// <summary>What was quantized.</summary>
/// <param name="BitsPerWeight">Bits per weight of the quantized linears, scales and zero points counted.</param>
/// <param name="WeightBytes">Bytes of all weights held in memory.</param>
/// <param name="PackedLinearCount">Linears that run from packed codes.</param>
/// <param name="LinearCount">All linears of the decoder blocks.</param>
public sealed record QuantizationProof(double BitsPerWeight, long WeightBytes, int PackedLinearCount, int LinearCount)
{
    /// <summary>Routers of experts, which no recipe rounds; they are none of the linears.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RouterCount { get; init; }

    /// <summary>The linears in words.</summary>
    [JsonIgnore]
    public string Words => $"{PackedLinearCount} of {LinearCount}{(RouterCount == 0 ? "" : $", and {RouterCount} routers in full precision")}";
}

/// <summary>Where a run took place.</summary>
public sealed record RunEnvironment(string Processor, string Kernels, int ThreadCount, string OperatingSystem, string Runtime, string Version, string Commit, DateTimeOffset FinishedAt);

/// <summary>What a run cost. <paramref name="CachedItemCount"/> of the items were found in the cache.</summary>
public sealed record RunCost(double Seconds, long TokenCount, double TokensPerSecond, double ItemsPerSecond, long PeakMemoryBytes, int CachedItemCount);
