namespace QuantSuite.Evaluation.Reporting;

/// <summary>The commands that the page hands to its reader.</summary>
internal static class ReportCommands
{
    private const string Cli = "dotnet run --project src/QuantSuite.Cli --";

    /// <summary>Runs the embedded matrix: what there is to do when there are no results.</summary>
    public const string RunEmbedded = "dotnet test evals/QuantSuite.Evals";

    /// <summary>Approves every result that has no baseline or differs from it.</summary>
    public const string AcceptAll = $"{Cli} accept";

    /// <summary>Runs one row again.</summary>
    public static string LookCloser(EvalResult result) => $"{RunEmbedded} --filter \"{ResultKey.Of(result).Filter}\"";

    /// <summary>Approves one row as it is.</summary>
    public static string Accept(EvalResult result) => $"{AcceptAll} --filter \"{ResultKey.Of(result).Filter}\"";
}
