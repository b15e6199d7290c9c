using System.Globalization;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Rows;

/// <summary>What came of a row.</summary>
/// <param name="Result">The numbers, as saved.</param>
/// <param name="Verdict">Against the approved baseline.</param>
/// <param name="AgainstFull">Against the full-precision run of the same items, or null where there is none.</param>
/// <param name="Settings">What the run was asked for.</param>
public sealed record RowOutcome(EvalResult Result, Verdict Verdict, Comparison? AgainstFull, EvalSettings Settings)
{
    /// <summary>Whether the row passes.</summary>
    public bool Passed => !Verdict.Fails(Settings.Strict) && !Result.Sentinels.Any(sentinel => sentinel.Fails);

    /// <summary>The verdict in words; the change against full precision beside it.</summary>
    public string Words => Verdict.Words + SuiteCommands.Below(Verdict, Result, Properties(), OwnBaselines) + SentinelWords + (AgainstFull is null ? "" : "\n" + FullText(AgainstFull));

    /// <summary>One line for the verdict, and one for each sentinel.</summary>
    public string Summary => Verdict.Summary + SentinelWords;

    private string SentinelWords => string.Concat(Result.Sentinels.Select(sentinel => $"\n  {(sentinel.Fails ? "broken" : "warning")}: {sentinel.Words}."));

    private string? OwnBaselines => Settings.Baselines == SuiteFolders.Baselines ? null : Settings.Baselines;

    // The result says how it was asked; where its parts lie and what it is held to, only the settings do.
    private string Properties()
    {
        static string Joined(IEnumerable<string> paths) => string.Join(Path.PathSeparator, paths);
        return SuiteCommands.Properties(
        [
            ("Models", Joined(Settings.Models)), ("Data", Joined(Settings.Data)), ("Tasks", Joined(Settings.Tasks)),
            ("Recipes", Settings.Recipes.Count > 0 ? Result.Recipe : null), ("Calibration", Settings.Calibration), ("Strict", Settings.Strict ? "true" : null), ("Baselines", OwnBaselines),
        ]);
    }

    private static string FullText(Comparison full)
    {
        double scale = full.Gate.Kind == GateKind.RightOrWrong ? 100 : 1;
        string unit = full.Gate.Kind == GateKind.RightOrWrong ? "points" : full.Gate.Kind == GateKind.LogLikelihood ? "nats/token" : "of the mean score";
        return string.Create(CultureInfo.InvariantCulture,
            $"  against fp32: {scale * full.Change:+0.####;−0.####;0} ± {scale * full.StandardError:0.####} {unit}; {full.LostCount} items lost, {full.GainedCount} gained");
    }
}
