using QuantSuite.Evaluation.Baselines;

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

    /// <summary>The change of log-likelihood margins, in nats, and what it is in points of accuracy over all handicaps.</summary>
    public static string Of(MarginComparison margins)
    {
        string Nats(double value) => Figures.Delta(value, margins.StandardError ?? value, GateKind.LogLikelihood);
        return $"{Nats(margins.Change)} nats, limits {Nats(margins.Limits.Low)} to {Nats(margins.Limits.High)}; as accuracy over all handicaps "
            + $"{Figures.Delta(MarginComparison.AsShare(margins.Change), MarginComparison.AsShare(margins.StandardError ?? margins.Change), GateKind.RightOrWrong)} points";
    }
}
