using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Evaluation.Rows;

/// <summary>One row of the matrix: a task asked of a model under a recipe. Nothing of it is loaded yet.</summary>
/// <param name="Recipe">The recipe's canonical text; it is the caller's to parse, since tasks know no methods.</param>
public sealed record EvalRow(ModelLocation Model, EvalTask Task, string Recipe)
{
    /// <summary>The row's names.</summary>
    public ResultKey Key => new(Model.Name, Task.Name, Recipe);

    /// <summary>
    /// Models × recipes × tasks, in this order, so that each model × recipe is one run of rows. Embedded models (where none is named) answer MicroWorld;
    /// named ones the benchmarks that the data folders hold, or MicroWorld where there is nothing else. The user's item files go to both.
    /// </summary>
    /// <param name="settings">Models, data, tasks.</param>
    /// <param name="recipes">The recipes that apply to a model.</param>
    /// <exception cref="CheckpointException">A named model is not there.</exception>
    /// <exception cref="SettingsException">Two models have one name.</exception>
    public static IReadOnlyList<EvalRow> List(EvalSettings settings, Func<ModelLocation, IEnumerable<string>> recipes)
    {
        IReadOnlyList<ModelLocation> models = Models(settings);
        IReadOnlyList<EvalTask> tasks = Tasks(settings);
        return [.. from model in models from recipe in recipes(model) from task in tasks select new EvalRow(model, task, recipe)];
    }

    /// <summary>The models that the settings name; the embedded ones where they name none.</summary>
    public static IReadOnlyList<ModelLocation> Models(EvalSettings settings)
    {
        IReadOnlyList<string> paths = settings.Models.Count > 0 ? settings.Models : [SuiteFolders.EmbeddedModels];
        ModelLocation[] models = [.. paths.SelectMany(ModelLocation.Find).DistinctBy(model => model.Path)];
        foreach (var same in models.GroupBy(model => model.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            throw new SettingsException(
                $"{same.Count()} models are named '{same.Key}': {string.Join(", ", same.Select(model => model.Path))}. Results go by name: rename a folder, or name one model.");
        return models;
    }

    /// <summary>The tasks that have data under these settings.</summary>
    public static IReadOnlyList<EvalTask> Tasks(EvalSettings settings)
    {
        EvalTask[] own = [.. settings.Tasks.Select(EvalTasks.Get)];
        EvalData shipped = new([SuiteFolders.EmbeddedData]), named = new(settings.Data);
        EvalTask[] benchmarks = settings.Models.Count > 0 ? [.. EvalTasks.All.Where(named.Has)] : [];
        return benchmarks.Length + own.Length > 0 && settings.Models.Count > 0 ? [.. benchmarks, .. own] : [.. EvalTasks.All.Where(shipped.Has), .. own];
    }

    /// <summary>The row's traits: the recipe's own, and those of model and task.</summary>
    public IReadOnlyDictionary<string, string> Traits(IEnumerable<KeyValuePair<string, string>> recipeTraits) => new Dictionary<string, string>(recipeTraits, StringComparer.Ordinal)
    {
        ["Model"] = Model.Name,
        ["Family"] = Model.Family,
        ["Task"] = Task.Name,
        ["Ability"] = Task.Ability,
        ["Recipe"] = Recipe,
    };

    /// <inheritdoc/>
    public override string ToString() => Key.ToString();
}
