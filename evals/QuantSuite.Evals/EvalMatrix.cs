using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;

namespace QuantSuite.Evals;

/// <summary>
/// The rows of a test run, models × recipes × tasks as the environment names them (<see cref="EvalSettings"/>), with their traits. Listing reads a
/// config.json a model and parses each recipe once; nothing is loaded.
/// </summary>
public sealed class EvalMatrix
{
    private static readonly Lazy<EvalMatrix> Shared = new(() => new EvalMatrix(EvalSettings.FromEnvironment()));

    private readonly Dictionary<ResultKey, int> positions;
    private readonly Dictionary<string, Recipe> recipes;

    /// <summary>Lists the rows of some settings.</summary>
    public EvalMatrix(EvalSettings settings)
    {
        Settings = settings;
        IReadOnlyList<Recipe> named = Recipes.ParseAll(settings.Recipes);
        IReadOnlyList<EvalRow> all = EvalRow.List(settings, model => Recipes.For(named, model.ReadScheme()).Select(recipe => recipe.ToString()));
        Rows = settings.Shard?.Of(all) ?? all;
        recipes = Rows.Select(row => row.Recipe).Distinct().ToDictionary(text => text, Recipe.Parse);
        Picked = Rows;
        positions = Rows.Index().ToDictionary(entry => entry.Item.Key, entry => entry.Index);
    }

    /// <summary>The matrix of this process.</summary>
    public static EvalMatrix Current => Shared.Value;

    /// <summary>What to run and how.</summary>
    public EvalSettings Settings { get; }

    /// <summary>The rows by model, then recipe, then task.</summary>
    public IReadOnlyList<EvalRow> Rows { get; }

    /// <summary>Rows that the run's filter has picked, in order; all of them until the run has been ordered.</summary>
    public IReadOnlyList<EvalRow> Picked { get; private set; }

    /// <summary>The row of these names.</summary>
    public EvalRow this[ResultKey key] => Rows[PositionOf(key)];

    /// <summary>The recipe of a row.</summary>
    public Recipe RecipeOf(EvalRow row) => recipes[row.Recipe];

    /// <summary>Sorts test cases into the order of <see cref="Rows"/>, and remembers which there are.</summary>
    public IReadOnlyList<T> Order<T>(IEnumerable<T> cases, Func<T, ResultKey> row)
    {
        List<T> ordered = [.. cases.OrderBy(test => positions[row(test)])];
        Picked = [.. ordered.Select(test => this[row(test)])];
        return ordered;
    }

    /// <summary>Where a row stands in <see cref="Rows"/>.</summary>
    public int PositionOf(ResultKey key) => positions[key];

    /// <summary>The traits of a row, by which a filter picks it.</summary>
    public IReadOnlyDictionary<string, string> Traits(ResultKey key) => this[key].Traits(recipes[key.Recipe].Traits());
}
