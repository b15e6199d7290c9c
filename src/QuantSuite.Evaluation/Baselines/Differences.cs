namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// Where two runs are not of the same thing. Other questions make other numbers: items, prompts, tokenizer, task version and settings are refused.
/// Other weights, recipe internals and calibration are what a gate is there to judge: compared, and named. The engine is not looked at: its code is what
/// is under test.
/// </summary>
internal sealed record Differences(IReadOnlyList<string> Refusals, IReadOnlyList<string> Notes)
{
    public static Differences Between(Baseline before, EvalResult now)
    {
        string?[] refusals =
        [
            Named("task", before.Task, now.Task),
            Named("task version", $"{before.TaskVersion}", $"{now.TaskVersion}"),
            Named("gate", $"{before.Gate.Kind}", $"{now.Gate.Kind}"),
            .. Settings(before.Settings, now.Settings),
            Named("item count", $"{before.Scores.Count}", $"{now.Items.Count}"),
            Named("items", before.Identity.Items, now.Identity.Items),
            Named("prompts", before.Identity.Prompts, now.Identity.Prompts),
            Named("tokenizer", before.Identity.Tokenizer, now.Identity.Tokenizer),
        ];
        string?[] notes =
        [
            Named("model", before.Model, now.Model),
            Named("recipe", before.Recipe, now.Recipe),
            Named("weights", before.Identity.Weights, now.Identity.Weights),
            Named("recipe internals", before.Identity.Recipe, now.Identity.Recipe),
            Named("calibration", before.Identity.Calibration, now.Identity.Calibration),
            before.Approval is null ? null : Named("number contract", before.NumberContract, now.NumberContract),
            Margin(before.Gate.Margin, now.Gate.Margin),
        ];
        return new Differences([.. refusals.OfType<string>()], [.. notes.OfType<string>()]);
    }

    private static IEnumerable<string?> Settings(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now) =>
        before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Select(name => Named($"setting {name}", before.GetValueOrDefault(name, "(none)"), now.GetValueOrDefault(name, "(none)")));

    private static string? Margin(double before, double now) =>
        before == now ? null : FormattableString.Invariant($"margin: approved {before}, which counts; now {now}");

    private static string? Named(string what, string before, string now) => before == now ? null : $"{what}: approved {Short(before)}, now {Short(now)}";

    // A hash by its first digits.
    private static string Short(string value) =>
        value.Length == 0 ? "(none)" : value.Length == 64 && value.All(char.IsAsciiHexDigitLower) ? value[..12] : value;
}
