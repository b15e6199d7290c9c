namespace QuantSuite.Evaluation.Reporting;

/// <summary>What one model × recipe cost, all its tasks together.</summary>
/// <param name="IsFirst">Whether it is the model's first line.</param>
internal sealed record CostLine(
    string Model, string Recipe, bool IsFirst, QuantizationProof Quantization, int TaskCount,
    double Seconds, long TokenCount, long PeakMemoryBytes, int CachedItemCount)
{
    public double TokensPerSecond => Seconds > 0 ? TokenCount / Seconds : 0;

    public static IEnumerable<CostLine> Of(Report report) =>
        report.ByModel.SelectMany(model => RecipeOrder.Groups(model).Select((recipe, index) => Of([.. recipe], index == 0)));

    private static CostLine Of(ReportRow[] rows, bool isFirst)
    {
        RunCost[] costs = [.. rows.Select(r => r.Result.Cost)];
        EvalResult first = rows[0].Result;
        return new CostLine(first.Model, first.Recipe, isFirst, first.Quantization, rows.Length,
            costs.Sum(c => c.Seconds), costs.Sum(c => c.TokenCount), costs.Max(c => c.PeakMemoryBytes), costs.Sum(c => c.CachedItemCount));
    }
}
