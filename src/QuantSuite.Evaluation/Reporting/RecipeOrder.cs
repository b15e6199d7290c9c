namespace QuantSuite.Evaluation.Reporting;

/// <summary>The order of recipes everywhere on the page: full precision, then falling bits per weight, then by name.</summary>
internal static class RecipeOrder
{
    /// <summary>The rows of one model by recipe, in order.</summary>
    public static IEnumerable<IGrouping<string, ReportRow>> Groups(IEnumerable<ReportRow> rows) =>
        rows.GroupBy(r => r.Result.Recipe)
            .OrderBy(g => g.Key == ReportRow.FullRecipe ? 0 : 1)
            .ThenByDescending(g => g.Max(r => r.Result.Quantization.BitsPerWeight))
            .ThenBy(g => g.Key, NaturalOrder.Instance);
}
