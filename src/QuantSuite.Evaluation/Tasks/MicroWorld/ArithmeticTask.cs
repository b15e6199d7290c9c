using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Sentinels;

namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>Word problems with worked steps: exact match of the whole text, and <c>flexible</c>: the last number alone, as GSM8K's flexible-extract.</summary>
public sealed partial class ArithmeticTask(TaskCard card) : JsonlGenerationTask(card)
{
    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        values["flexible"] = LastNumber(text) is { } number && number == LastNumber(item.Target) ? 1 : 0;
        values[SentinelWatch.Answered] = LastNumber(text) is null ? 0 : 1;
        return base.IsRight(item, text, values);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes) =>
        [.. base.Summarize(outcomes), Mean.Of("flexible", outcomes, outcome => outcome.Values["flexible"])];

    private static string? LastNumber(string text) => Number().Matches(text).LastOrDefault()?.Value;

    [GeneratedRegex("-?[0-9]+")]
    private static partial Regex Number();
}
