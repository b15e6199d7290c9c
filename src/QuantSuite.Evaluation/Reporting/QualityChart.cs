using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// One model's accuracy against what it costs, bits per weight or speed: the mean over the right-or-wrong tasks, each recipe a point with ± one standard error.
/// Only recipes that ran the same tasks can be compared, so recipes that miss some are named instead of drawn. Recipes that no other beats in both make
/// the Pareto front.
/// </summary>
public sealed class QualityChart
{
    /// <summary>The drawing's size, in its own units.</summary>
    public const double Width = 600, Height = 340;

    /// <summary>The plot area inside axis labels.</summary>
    public const double Left = 44, Right = 584, Top = 14, Bottom = 296;

    private const int MostNames = 12;

    private readonly double _low, _high;

    private QualityChart(CostAxis axis, string model, IReadOnlyList<QualityPoint> points, IReadOnlyList<string> leftOut, int taskCount, (double Low, double High) accuracy)
    {
        (Axis, Model, Points, LeftOut, TaskCount, LowAccuracy, HighAccuracy) = (axis, model, points, leftOut, taskCount, accuracy.Low, accuracy.High);
        (_low, _high) = (points.Min(p => p.Cost) / 1.2, points.Max(p => p.Cost) * 1.2);
        Front = [.. points.Where(point => !points.Any(other => Beats(other, point))).OrderBy(point => point.Cost)];
        Labels = LabelPlacement.Place([.. points.Select(p => new Label(X(p), Y(p.Accuracy), IsNamed(p) ? p.Recipe : ""))], Left, Right, Top, Bottom);
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>What the horizontal axis shows.</summary>
    public CostAxis Axis { get; }

    /// <summary>The Pareto front, from left to right: no other recipe is at least as good in both and better in one.</summary>
    public IReadOnlyList<QualityPoint> Front { get; }

    /// <summary>By bits per weight, falling; or by speed.</summary>
    public IReadOnlyList<QualityPoint> Points { get; }

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
    public IEnumerable<double> CostTicks => Axis.Ticks.Where(t => t >= _low && t <= _high);

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
    public static IReadOnlyList<QualityChart> Of(Report report, CostAxis axis)
    {
        var models = report.ByModel.Select(m => (Model: m.Key, Points: PointsOf(m, axis, out List<string> leftOut, out int taskCount), leftOut, taskCount))
            .Where(m => m.Points.Count > 1).ToList();
        if (models.Count == 0)
            return [];
        var accuracy = Range(models.SelectMany(m => m.Points));
        return [.. models.Select(m => new QualityChart(axis, m.Model, m.Points, m.leftOut, m.taskCount, accuracy))];
    }

    /// <summary>The horizontal place of a cost.</summary>
    public double X(double cost) => Left + (Right - Left) * Math.Log(cost / _low) / Math.Log(_high / _low);

    /// <summary>Points of equal cost stand side by side, so that their error bars can be told apart.</summary>
    public double X(QualityPoint point) => X(point.Cost) + 7 * (point.Rank - (point.RankCount - 1) / 2d);

    /// <summary>The vertical place of an accuracy in per cent.</summary>
    public double Y(double accuracy) => Bottom - (Bottom - Top) * (accuracy - LowAccuracy) / (HighAccuracy - LowAccuracy);

    private static List<QualityPoint> PointsOf(IEnumerable<ReportRow> rows, CostAxis axis, out List<string> leftOut, out int taskCount)
    {
        var recipes = rows
            .Where(r => r.Result.Gate.Kind == GateKind.RightOrWrong && double.IsFinite(r.Result.Metrics[0].Value))
            .GroupBy(r => r.Result.Recipe).ToList();
        int count = taskCount = recipes.Count == 0 ? 0 : recipes.Max(r => r.Count());
        leftOut = [.. recipes.Where(r => r.Count() < count).Select(r => r.Key).Order(NaturalOrder.Instance)];
        return [.. recipes
            .Where(r => r.Count() == count)
            .Select(recipe => PointOf(recipe, axis))
            .Where(p => p.Cost > 0 && double.IsFinite(p.Cost))
            .GroupBy(p => p.Cost)
            .OrderByDescending(g => g.Key)
            .SelectMany(g => g.OrderBy(p => p.Recipe, NaturalOrder.Instance).Select((p, rank) => p with { Rank = rank, RankCount = g.Count() }))];
    }

    private static QualityPoint PointOf(IGrouping<string, ReportRow> recipe, CostAxis axis)
    {
        Metric[] metrics = [.. recipe.Select(r => r.Result.Metrics[0])];
        double error = Math.Sqrt(metrics.Sum(m => m.StandardError.GetValueOrDefault() * m.StandardError.GetValueOrDefault())) / metrics.Length;
        return new QualityPoint(recipe.Key, axis.Of([.. recipe.Select(r => r.Result)]), 100 * metrics.Average(m => m.Value), 100 * error);
    }

    // Beyond a dozen names nobody reads any: then the front's, and full precision's. The table below has all.
    private bool IsNamed(QualityPoint point) => Points.Count <= MostNames || Front.Contains(point) || point.Recipe == ReportRow.FullRecipe;

    private bool Beats(QualityPoint one, QualityPoint other)
    {
        double cheaper = Axis.IsBetterHigh ? one.Cost - other.Cost : other.Cost - one.Cost, better = one.Accuracy - other.Accuracy;
        return cheaper >= 0 && better >= 0 && (cheaper > 0 || better > 0);
    }

    private static (double Low, double High) Range(IEnumerable<QualityPoint> points)
    {
        double low = points.Min(p => p.Accuracy - p.StandardError), high = points.Max(p => p.Accuracy + p.StandardError);
        double air = Math.Max(1, 0.06 * (high - low));
        return (Math.Max(0, low - air), Math.Min(100, high + air));
    }
}

/// <summary>A recipe of the chart.</summary>
/// <param name="Cost">Bits per weight, or tokens per second.</param>
/// <param name="Accuracy">Mean over the tasks, per cent.</param>
/// <param name="StandardError">Of that mean, in points.</param>
/// <param name="Rank">Its place among the recipes of equal cost.</param>
public sealed partial record QualityPoint(string Recipe, double Cost, double Accuracy, double StandardError, int Rank = 0, int RankCount = 1)
{
    /// <summary>Whether activations or the KV cache are quantized too, so that bits per weight do not tell all.</summary>
    public bool IsMoreThanWeights => MoreThanWeights().IsMatch(Recipe);

    // -a and a format, not -asym, -actorder or -alpha; -kv and a format.
    [GeneratedRegex("-(a(\\d|int|fp|bf|nf|mx|nv)|kv)")]
    private static partial Regex MoreThanWeights();
}
