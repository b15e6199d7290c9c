namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// Recipes × models, the models by size: whether what a recipe costs shrinks as models grow. A cell is the mean paired change over the right-or-wrong tasks;
/// a model's size is the bytes of its weights as full precision holds them.
/// </summary>
public sealed class SizeTable
{
    private readonly Dictionary<string, HeatMap> _maps;

    private SizeTable(Report report)
    {
        _maps = HeatMap.Of(report).ToDictionary(map => map.Model);
        Models = [.. report.ByModel.Where(model => _maps.ContainsKey(model.Key))
            .Select(model => (model.Key, Bytes: model.Where(row => row.Result.Recipe == ReportRow.FullRecipe).Select(row => row.Result.Quantization.WeightBytes).DefaultIfEmpty(0).Max()))
            .OrderBy(model => model.Bytes).ThenBy(model => model.Key, NaturalOrder.Instance)];
        Recipes = [.. RecipeOrder.Groups(report.Rows.Where(row => row.FullComparison is not null)).Select(group => group.Key)
            .Where(recipe => Models.Count(model => Change(model.Model, recipe) is not null) > 1)];
    }

    /// <summary>Names and sizes, ascending.</summary>
    public IReadOnlyList<(string Model, long Bytes)> Models { get; }

    /// <summary>Recipes that two models at least ran, by falling bits.</summary>
    public IReadOnlyList<string> Recipes { get; }

    /// <summary>The table of a report; null where fewer than two models ran one recipe.</summary>
    public static SizeTable? Of(Report report) => new SizeTable(report) is { Recipes.Count: > 0 } table ? table : null;

    /// <summary>A cell; null where the recipe did not run.</summary>
    public Change? Change(string model, string recipe) => _maps[model].Mean(recipe);
}
