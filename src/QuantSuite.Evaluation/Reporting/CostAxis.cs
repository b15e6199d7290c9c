namespace QuantSuite.Evaluation.Reporting;

/// <summary>What quality is drawn against.</summary>
/// <param name="Name">For the axis and the table.</param>
/// <param name="IsBetterHigh">Whether more of it is better.</param>
/// <param name="Ticks">Where the axis may be labelled.</param>
/// <param name="Of">The figure of one recipe's results; zero where it has none.</param>
public sealed record CostAxis(string Name, bool IsBetterHigh, IReadOnlyList<double> Ticks, Func<IReadOnlyList<EvalResult>, double> Of)
{
    /// <summary>Bits per weight of the quantized linears.</summary>
    public static CostAxis Bits { get; } = new("bits per weight", false, [1, 2, 3, 4, 6, 8, 16, 32, 64], results => results.Max(result => result.Quantization.BitsPerWeight));

    /// <summary>Tokens per second over the rows that were computed; items from the cache took no time and tell nothing.</summary>
    public static CostAxis Speed { get; } = new("tokens per second", true, [.. Enumerable.Range(0, 8).SelectMany(decade => new[] { 1, 2, 5 }.Select(step => step * Math.Pow(10, decade)))], SpeedOf);

    private static double SpeedOf(IReadOnlyList<EvalResult> results)
    {
        RunCost[] costs = [.. results.Select(result => result.Cost).Where(cost => cost.CachedItemCount == 0)];
        double seconds = costs.Sum(cost => cost.Seconds);
        return seconds > 0 ? costs.Sum(cost => cost.TokenCount) / seconds : 0;
    }
}
