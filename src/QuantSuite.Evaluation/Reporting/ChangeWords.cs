namespace QuantSuite.Evaluation.Reporting;

/// <summary>A paired change with its error and limits as one text.</summary>
internal static class ChangeWords
{
    /// <summary>For example <c>−3.5 ± 1.5 points, limits −7.0 to −0.1</c>; a dash where nothing was compared.</summary>
    public static string Of(Change? change, GateKind kind)
    {
        if (change is null)
            return "—";
        string limits = change is { Low: { } low, High: { } high } ? $", limits {Figures.Delta(low, change.StandardError, kind)} to {Figures.Delta(high, change.StandardError, kind)}" : "";
        string error = double.IsNaN(change.StandardError) ? "" : $" ± {Figures.Spread(change.StandardError, kind)}";
        return $"{Figures.Delta(change.Delta, change.StandardError, kind)}{error} {Figures.DeltaUnit(kind)}{limits}";
    }
}
