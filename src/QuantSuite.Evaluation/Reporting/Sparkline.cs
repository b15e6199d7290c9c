using System.Globalization;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>A row's trend as a line of a few pixels: runs from left to right at equal distances, the lowest value at the bottom.</summary>
internal static class Sparkline
{
    public const double Width = 72, Height = 18;
    private const double Inset = 3;
    private const int MostPoints = 30;

    /// <summary>The points of an SVG polyline; the newest runs where there are more than fit.</summary>
    public static string Points(IReadOnlyList<HistoryPoint> history) => string.Join(' ', Places(history).Select(p => $"{N(p.X)},{N(p.Y)}"));

    /// <summary>Where the newest run is.</summary>
    public static (double X, double Y) Last(IReadOnlyList<HistoryPoint> history) => Places(history)[^1];

    /// <summary>In words: how many runs, first, last, and how often bits changed.</summary>
    public static string Words(IReadOnlyList<HistoryPoint> history)
    {
        int changes = history.Zip(history.Skip(1)).Count(pair => pair.First.BitsHash != pair.Second.BitsHash);
        return $"{history.Count} runs, {Figures.Significant(history[0].Value)} to {Figures.Significant(history[^1].Value)}, "
            + (changes == 0 ? "the same bits in all" : $"bits changed {changes} {(changes == 1 ? "time" : "times")}");
    }

    private static List<(double X, double Y)> Places(IReadOnlyList<HistoryPoint> history)
    {
        HistoryPoint[] shown = [.. history.TakeLast(MostPoints)];
        double[] finite = [.. shown.Select(p => p.Value).Where(double.IsFinite).DefaultIfEmpty(0)];
        double low = finite.Min(), range = finite.Max() - low, step = (Width - 2 * Inset) / Math.Max(1, shown.Length - 1);
        return [.. shown.Index().Select(p => (Inset + p.Index * step, Y(p.Item.Value)))];

        double Y(double value) => !double.IsFinite(value) || range == 0 ? Height / 2 : Height - Inset - (Height - 2 * Inset) * (value - low) / range;
    }

    public static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
