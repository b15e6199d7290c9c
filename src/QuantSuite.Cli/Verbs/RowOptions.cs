using System.CommandLine;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary>The options that name rows, shared by the verbs that take some; each has the meaning of the environment variable of its name.</summary>
internal sealed class RowOptions
{
    private readonly Option<string[]> models = Many("--model", "A model, or a folder of models; an embedded one by its name. Default: the embedded models.", "-m");
    private readonly Option<string[]> recipes = Many("--recipe", "A recipe, e.g. rtn-int4-g32; 'default' stands for the default recipes.", "-r");
    private readonly Option<string[]> tasks = Many("--task", "A task by its name, or a JSONL file of items. Default: all that have data.", "-t");
    private readonly Option<string[]> data = Many("--data", "A folder of benchmark data in their publishers' files.", "-d");
    private readonly Option<string?> filter = new("--filter", "-f") { Description = "Which rows, as in dotnet test: \"Model=microworld-m&Bits=4&Task=arithmetic\"." };
    private readonly Option<string?> calibration = new("--calibration", "-c") { Description = "The calibration text of recipes that name none: microworld, wikitext2, or a text file." };
    private readonly Option<int?> limit = new("--limit", "-l") { Description = "Only the first so many items of each task." };
    private readonly Option<bool> chat = new("--chat") { Description = "Put prompts through the model's chat template." };
    private readonly Option<int?> newTokens = new("--max-new-tokens") { Description = "The most new tokens of an answer. Default: each task's own limit." };
    private readonly Option<int?> promptTokens = new("--max-prompt-tokens") { Description = "Leave out items with longer prompts; windows of plain text are no longer." };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads of the kernels; changes no number. Default: all processors." };
    private readonly Option<bool> strict = new("--strict") { Description = "Changed bits with equal outcomes fail too, and so do verdicts that the items cannot decide." };
    private readonly Option<string?> shard = new("--shard") { Description = "The share of the rows that this machine runs: i/n. Results of all shares merge by copying." };
    private readonly Option<string?> baselines = new("--baselines", "-b") { Description = "The folder of approved results. Default: baselines/." };
    private readonly Option<string?> artifacts = new("--artifacts", "-a") { Description = "The folder for results, cache and page. Default: artifacts/." };

    /// <summary>Adds all of them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[models, recipes, tasks, data, calibration, filter, limit, chat, newTokens, promptTokens, threads, shard, strict, baselines, artifacts])
            verb.Add(option);
    }

    /// <summary>The rows that the options name.</summary>
    /// <exception cref="SettingsException">There is none.</exception>
    public IReadOnlyList<EvalRow> Pick(ParseResult arguments, EvalSettings settings, IReadOnlyList<Recipe> recipes)
    {
        RowFilter? expression = arguments.GetValue(filter) is { } text ? RowFilter.Parse(text) : null;
        EvalTask[] named = [.. Given(arguments, tasks).Where(task => !IsItemFile(task)).Select(EvalTasks.Get)];
        if (named.FirstOrDefault(task => task.Refusal is not null) is { } refused)
            throw new SettingsException(refused.Refusal!);
        string[] names = [.. named.Select(task => task.Name)];
        string[] files = [.. Given(arguments, tasks).Where(IsItemFile).Select(file => EvalTasks.Get(file).Name)];
        IReadOnlyList<EvalRow> all = EvalRow.List(settings, model => Recipes.For(recipes, model.ReadScheme()).Select(recipe => recipe.ToString()));
        if (named.FirstOrDefault(task => all.All(row => row.Task.Name != task.Name)) is { } absent)
            throw new SettingsException($"Task {absent.Name} has no rows: there is no {absent.Source} for the models that are named. Name the folder that holds it (--data), "
                + "or no model, which runs the embedded ones on the embedded tasks.");
        var traits = all.Select(row => row.Recipe).Distinct().ToDictionary(text => text, text => Recipe.Parse(text).Traits());
        EvalRow[] picked = [.. all
            .Where(row => names.Length + files.Length == 0 || names.Contains(row.Task.Name) || files.Contains(row.Task.Name))
            .Where(row => expression is null || expression.Matches(row.Traits(traits[row.Recipe])))];
        return picked.Length > 0 ? picked : throw new SettingsException(
            $"No row is picked out of {all.Count}: models {Names(all, row => row.Model.Name)}; recipes {Names(all, row => row.Recipe)}; tasks {Names(all, row => row.Task.Name)}.");
    }

    /// <summary>The settings: the environment's, with what the options say in its place.</summary>
    public EvalSettings Settings(ParseResult arguments)
    {
        EvalSettings environment = EvalSettings.FromEnvironment();
        string here = Environment.CurrentDirectory;
        IReadOnlyList<string> Paths(Option<string[]> option, IReadOnlyList<string> otherwise) =>
            Given(arguments, option) is { Count: > 0 } given ? [.. given.Select(path => EvalSettings.Resolve(path, here))] : otherwise;
        string Folder(Option<string?> option, string otherwise) => arguments.GetValue(option) is { } given ? EvalSettings.Resolve(given, here) : otherwise;
        return environment with
        {
            Models = Given(arguments, models) is { Count: > 0 } given ? [.. given.Select(EvalSettings.ResolveModel)] : environment.Models,
            Data = Paths(data, environment.Data),
            Tasks = [.. environment.Tasks, .. Given(arguments, tasks).Where(IsItemFile).Select(path => EvalSettings.Resolve(path, here))],
            Recipes = Given(arguments, recipes) is { Count: > 0 } texts ? [.. texts.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))] : environment.Recipes,
            Calibration = arguments.GetValue(calibration) ?? environment.Calibration,
            Limit = AtLeastOne("--limit", arguments.GetValue(limit)) ?? environment.Limit,
            Chat = environment.Chat || arguments.GetValue(chat),
            MaxNewTokens = AtLeastOne("--max-new-tokens", arguments.GetValue(newTokens)) ?? environment.MaxNewTokens,
            MaxPromptTokens = AtLeastOne("--max-prompt-tokens", arguments.GetValue(promptTokens)) ?? environment.MaxPromptTokens,
            ThreadCount = AtLeastOne("--threads", arguments.GetValue(threads)) ?? environment.ThreadCount,
            Strict = environment.Strict || arguments.GetValue(strict),
            Shard = arguments.GetValue(shard) is { } share ? Shard.Parse("--shard", share) : environment.Shard,
            Baselines = Folder(baselines, environment.Baselines),
            Artifacts = Folder(artifacts, environment.Artifacts),
        };
    }

    private static string Names(IReadOnlyList<EvalRow> rows, Func<EvalRow, string> name) => string.Join(", ", rows.Select(name).Distinct());

    private static Option<string[]> Many(string name, string description, string alias) =>
        new(name, alias) { Description = description + " Repeatable.", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };

    private static IReadOnlyList<string> Given(ParseResult arguments, Option<string[]> option) => arguments.GetValue(option) ?? [];

    private static bool IsItemFile(string task) => task.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    private static int? AtLeastOne(string name, int? count) => count is < 1 ? throw new SettingsException($"{name} is {count}, expected at least 1.") : count;
}
