using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// One model's accuracy against bits per weight: the mean over the right-or-wrong tasks, each recipe a point with ± one standard error.
/// Only recipes that ran the same tasks can be compared, so recipes that miss some are named instead of drawn.
/// </summary>
public sealed class BitsChart
{
    /// <summary>The drawing's size, in its own units.</summary>
    public const double Width = 600, Height = 340;

    /// <summary>The plot area inside axis labels.</summary>
    public const double Left = 44, Right = 584, Top = 14, Bottom = 296;

    private static readonly double[] AllTicks = [1, 2, 3, 4, 6, 8, 16, 32, 64];

    private readonly double _lowBits, _highBits;

    private BitsChart(string model, IReadOnlyList<BitsPoint> points, IReadOnlyList<string> leftOut, int taskCount, (double Low, double High) accuracy)
    {
        (Model, Points, LeftOut, TaskCount, LowAccuracy, HighAccuracy) = (model, points, leftOut, taskCount, accuracy.Low, accuracy.High);
        (_lowBits, _highBits) = (points.Min(p => p.Bits) / 1.2, points.Max(p => p.Bits) * 1.2);
        Labels = LabelPlacement.Place([.. points.Select(p => new Label(X(p), Y(p.Accuracy), p.Recipe))], Left, Right, Top, Bottom);
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>Falling bits per weight.</summary>
    public IReadOnlyList<BitsPoint> Points { get; }

    /// <summary>Recipes that did not run all of the tasks.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>How many tasks the mean is taken over.</summary>
    public int TaskCount { get; }

    /// <summary>The accuracy axis' ends, per cent, shared by all models.</summary>
    public double LowAccuracy { get; }

    /// <inheritdoc cref="LowAccuracy"/>
    public double HighAccuracy { get; }

    /// <summary>Where each point's name stands, in the order of the points.</summary>
    public IReadOnlyList<Label> Labels { get; }

    /// <summary>Where the horizontal axis is labelled.</summary>
    public IEnumerable<double> BitTicks => AllTicks.Where(t => t >= _lowBits && t <= _highBits);

    /// <summary>Where the vertical axis is labelled.</summary>
    public IEnumerable<double> AccuracyTicks
    {
        get
        {
            double step = (HighAccuracy - LowAccuracy) switch { <= 10 => 2, <= 25 => 5, <= 50 => 10, _ => 20 };
            for (double tick = Math.Ceiling(LowAccuracy / step) * step; tick <= HighAccuracy; tick += step)
                yield return tick;
        }
    }

    /// <summary>One chart a model that has right-or-wrong tasks and at least two recipes to compare.</summary>
    public static IReadOnlyList<BitsChart> Of(Report report)
    {
        var models = report.ByModel.Select(m => (Model: m.Key, Points: PointsOf(m, out List<string> leftOut, out int taskCount), leftOut, taskCount))
            .Where(m => m.Points.Count > 1).ToList();
        if (models.Count == 0)
            return [];
        var accuracy = Range(models.SelectMany(m => m.Points));
        return [.. models.Select(m => new BitsChart(m.Model, m.Points, m.leftOut, m.taskCount, accuracy))];
    }

    /// <summary>The horizontal place of a number of bits.</summary>
    public double X(double bits) => Left + (Right - Left) * Math.Log(bits / _lowBits) / Math.Log(_highBits / _lowBits);

    /// <summary>Points of equal bits stand side by side, so that their error bars can be told apart.</summary>
    public double X(BitsPoint point) => X(point.Bits) + 7 * (point.Rank - (point.RankCount - 1) / 2d);

    /// <summary>The vertical place of an accuracy in per cent.</summary>
    public double Y(double accuracy) => Bottom - (Bottom - Top) * (accuracy - LowAccuracy) / (HighAccuracy - LowAccuracy);

    private static List<BitsPoint> PointsOf(IEnumerable<ReportRow> rows, out List<string> leftOut, out int taskCount)
    {
        var recipes = rows
            .Where(r => r.Result.Gate.Kind == GateKind.RightOrWrong && double.IsFinite(r.Result.Metrics[0].Value))
            .GroupBy(r => r.Result.Recipe).ToList();
        int count = taskCount = recipes.Count == 0 ? 0 : recipes.Max(r => r.Count());
        leftOut = [.. recipes.Where(r => r.Count() < count).Select(r => r.Key).Order(NaturalOrder.Instance)];
        return [.. recipes
            .Where(r => r.Count() == count)
            .Select(PointOf)
            .GroupBy(p => p.Bits)
            .OrderByDescending(g => g.Key)
            .SelectMany(g => g.OrderBy(p => p.Recipe, NaturalOrder.Instance).Select((p, rank) => p with { Rank = rank, RankCount = g.Count() }))];
    }

    private static BitsPoint PointOf(IGrouping<string, ReportRow> recipe)
    {
        Metric[] metrics = [.. recipe.Select(r => r.Result.Metrics[0])];
        double error = Math.Sqrt(metrics.Sum(m => m.StandardError.GetValueOrDefault() * m.StandardError.GetValueOrDefault())) / metrics.Length;
        return new BitsPoint(recipe.Key, recipe.Max(r => r.Result.Quantization.BitsPerWeight), 100 * metrics.Average(m => m.Value), 100 * error);
    }

    private static (double Low, double High) Range(IEnumerable<BitsPoint> points)
    {
        double low = points.Min(p => p.Accuracy - p.StandardError), high = points.Max(p => p.Accuracy + p.StandardError);
        double air = Math.Max(1, 0.06 * (high - low));
        return (Math.Max(0, low - air), Math.Min(100, high + air));
    }
}

/// <summary>A recipe of the chart.</summary>
/// <param name="Accuracy">Mean over the tasks, per cent.</param>
/// <param name="StandardError">Of that mean, in points.</param>
/// <param name="Rank">Its place among the recipes of equal bits.</param>
public sealed partial record BitsPoint(string Recipe, double Bits, double Accuracy, double StandardError, int Rank = 0, int RankCount = 1)
{
    /// <summary>Whether activations or the KV cache are quantized too, so that bits per weight do not tell all.</summary>
    public bool IsMoreThanWeights => MoreThanWeights().IsMatch(Recipe);

    // -a and a format, not -asym, -actorder or -alpha; -kv and a format.
    [GeneratedRegex("-(a(\\d|int|fp|bf|nf|mx|nv)|kv)")]
    private static partial Regex MoreThanWeights();
}
