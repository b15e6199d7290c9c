using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// What each task could have seen with its items, in four of five cases at the gate's level: an unpaired test, McNemar's paired test at 2 % flips and at the flips measured, and
/// log-likelihood margins. Measured over all rows of the task that have a full-precision run: the median.
/// </summary>
/// <param name="Kind">What an item's score is.</param>
/// <param name="ItemCount">Items; of several models' rows, the most.</param>
/// <param name="Margin">The largest harmless loss.</param>
/// <param name="Unpaired">Smallest loss that two separate runs would show; null where the score is no share.</param>
/// <param name="Paired">Smallest loss that pairing shows at 2 % flips; null where none is seen, or the score is no share.</param>
/// <param name="Discordance">Median share of items that flip against full precision; null where none was compared.</param>
/// <param name="Measured">Smallest loss at that discordance, or by the measured standard error.</param>
/// <param name="Margins">Smallest loss that margins show, a share over all handicaps.</param>
public sealed record PowerLine(
    string Task, GateKind Kind, int ItemCount, double Margin, double? Unpaired, double? Paired, double? Discordance, double? Measured, double? Margins)
{
    /// <summary>One line a task.</summary>
    public static IReadOnlyList<PowerLine> Of(Report report) =>
        [.. report.Rows.GroupBy(row => row.Result.Task).OrderBy(task => task.Key, NaturalOrder.Instance).Select(task => Of(task.Key, [.. task]))];

    private static PowerLine Of(string task, ReportRow[] rows)
    {
        EvalResult result = rows.MaxBy(row => row.Result.Items.Count)!.Result;
        GateKind kind = result.Gate.Kind;
        int count = Math.Max(1, result.Items.Count);
        bool binary = kind == GateKind.RightOrWrong;
        Comparison[] compared = [.. rows.Select(row => row.FullComparison).OfType<Comparison>().Where(c => c.ScoresDiffer)];
        double p = Math.Clamp(rows.Average(row => row.Result.Items.DefaultIfEmpty().Average(item => item?.Score ?? 0)), 0.01, 0.99);
        return new PowerLine(task, kind, count, result.Gate.Margin,
            binary ? PowerAnalysis.SmallestUnpaired(count, p, Gate.Alpha) : null,
            binary ? SmallestSeen(count, 0.02, Gate.Alpha) : null,
            binary ? Median(compared.Select(c => (double)(c.LostCount + c.GainedCount) / Math.Max(1, c.ItemCount))) : null,
            Median(compared.Select(SmallestSeen).OfType<double>().Where(double.IsFinite)),
            Median(compared.Select(c => c.Margins is { } margins ? MarginComparison.AsShare(margins.SmallestLoss(c.Alpha)) : double.NaN).Where(double.IsFinite)));
    }

    /// <summary>
    /// The smallest loss that a comparison's items see, a fraction or nats per token. Where even a loss of every flip measured stays unseen, the loss that is seen has more flips:
    /// so many that all of them lost are seen.
    /// </summary>
    public static double? SmallestSeen(Comparison comparison) => comparison.SmallestLoss()
        ?? (comparison.Gate.Kind == GateKind.RightOrWrong ? SmallestSeen(Math.Max(1, comparison.ItemCount), 0.02, comparison.Alpha) : null);

    private static double? SmallestSeen(int count, double discordance, double alpha) =>
        PowerAnalysis.SmallestPaired(count, discordance, alpha)
        ?? Enumerable.Range(1, count).Select(lost => (double?)lost / count).FirstOrDefault(loss => PowerAnalysis.Paired(count, loss!.Value, loss.Value, alpha) >= PowerAnalysis.Usual);

    private static double? Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : Bootstrap.Quantile(sorted, 0.5);
    }
}
