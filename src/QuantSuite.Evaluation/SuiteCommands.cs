using System.Globalization;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation;

/// <summary>The commands that the page, a terminal and a test's message hand to their reader.</summary>
internal static class SuiteCommands
{
    /// <summary>Runs the embedded matrix: what there is to do when there are no results.</summary>
    public const string RunEmbedded = "dotnet test evals/QuantSuite.Evals";

    /// <summary>Approves every result that has no baseline or differs from it.</summary>
    public const string AcceptAll = "dotnet run --project src/QuantSuite.Cli -- accept";

    private static readonly (string Setting, string Property)[] Counts = [("limit", "Limit"), ("max_new_tokens", "MaxNewTokens"), ("max_prompt_tokens", "MaxPromptTokens")];

    /// <summary>Runs one row again: the same items, asked in the same way. Where models and data lie is not known to a result.</summary>
    /// <param name="properties">What else is known of the run (<see cref="Properties"/>).</param>
    public static string LookCloser(EvalResult result, string properties = "") =>
        $"{RunEmbedded} {properties}{Properties(Asked(result))}--filter \"{ResultKey.Of(result).Filter}\"";

    /// <summary>Approves one row as it is.</summary>
    /// <param name="baselines">The folder of baselines, where it is not the project's.</param>
    public static string Accept(EvalResult result, string? baselines = null) =>
        $"{AcceptAll} {(baselines is null ? "" : $"--baselines \"{baselines}\" ")}--filter \"{ResultKey.Of(result).Filter}\"";

    /// <summary>The lines below a verdict's words, each after a line end: what there is to do, unless the row is equal.</summary>
    public static string Below(Verdict verdict, EvalResult result, string properties = "", string? baselines = null) =>
        verdict.Kind == VerdictKind.Equal ? "" : $"\n  look closer: {LookCloser(result, properties)}\n  accept:      {Accept(result, baselines)}";

    /// <summary>Properties of <c>dotnet test</c>, each followed by a space; those without a value are left out.</summary>
    public static string Properties(IEnumerable<(string Name, string? Value)> given) =>
        string.Concat(given.Where(property => !string.IsNullOrEmpty(property.Value)).Select(property => $"-p:{property.Name}=\"{property.Value}\" "));

    // A results file may be a stranger's, and people paste commands: only numbers get into one.
    private static IEnumerable<(string Name, string? Value)> Asked(EvalResult result)
    {
        yield return ("Chat", result.Settings.ContainsKey("chat") ? "true" : null);
        foreach ((string setting, string property) in Counts)
            if (result.Settings.TryGetValue(setting, out string? value) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
                yield return (property, $"{count}");
    }
}
