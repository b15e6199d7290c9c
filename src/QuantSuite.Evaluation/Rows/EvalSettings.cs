using System.Globalization;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// What to run and how. A test run reads it from environment variables (<c>dotnet test -p:Models=…</c> sets them), the command line from its options.
/// Relative paths are the caller's; where nothing lies there, the repository root's.
/// </summary>
public sealed record EvalSettings
{
    /// <summary>Models, or folders of models. Empty: the embedded ones. <c>QUANTSUITE_MODELS</c>, separated as in PATH.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Folders of benchmark data in their publishers' files. <c>QUANTSUITE_DATA</c>, separated as in PATH.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Item files of the user's own tasks. <c>QUANTSUITE_TASKS</c>, separated as in PATH.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Recipe texts; <c>default</c> stands for the default recipes. Empty: those. <c>QUANTSUITE_RECIPES</c>, separated by spaces.</summary>
    public IReadOnlyList<string> Recipes { get; init; } = [];

    /// <summary>The calibration text of recipes that name none: a catalog name or a text file; null takes the default. <c>QUANTSUITE_CALIBRATION</c>.</summary>
    public string? Calibration { get; init; }

    /// <summary>The first so many items of each task, or null for all. <c>QUANTSUITE_LIMIT</c>.</summary>
    public int? Limit { get; init; }

    /// <summary>Whether prompts go through the model's chat template. <c>QUANTSUITE_CHAT</c>.</summary>
    public bool Chat { get; init; }

    /// <summary>The most new tokens of an answer, or null for each task's own. <c>QUANTSUITE_MAX_NEW_TOKENS</c>.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Items with longer prompts are left out, or null for none. <c>QUANTSUITE_MAX_PROMPT_TOKENS</c>.</summary>
    public int? MaxPromptTokens { get; init; }

    /// <summary>Threads of the kernels. Changes no number. <c>QUANTSUITE_THREADS</c>; all processors where not given.</summary>
    public int ThreadCount { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether changed bits with equal outcomes, and verdicts that could not be decided, fail. <c>QUANTSUITE_STRICT</c>.</summary>
    public bool Strict { get; init; }

    /// <summary>The share of the matrix that this machine runs, or null for all of it. <c>QUANTSUITE_SHARD</c>, <c>i/n</c>.</summary>
    public Shard? Shard { get; init; }

    /// <summary>The folder of approved results. <c>QUANTSUITE_BASELINES</c>.</summary>
    public string Baselines { get; init; } = SuiteFolders.Baselines;

    /// <summary>The folder that takes results, the cache and the page. <c>QUANTSUITE_ARTIFACTS</c>.</summary>
    public string Artifacts { get; init; } = SuiteFolders.Artifacts;

    /// <summary>Folders with data: what ships with the suite, then the user's.</summary>
    public IReadOnlyList<string> DataFolders => [SuiteFolders.EmbeddedData, .. Data];

    /// <summary>Results of rows, <c>&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.json</c>.</summary>
    public string Results => Path.Combine(Artifacts, "results");

    /// <summary>Answers that need not be computed again.</summary>
    public string Cache => Path.Combine(Artifacts, "cache");

    /// <summary>The page.</summary>
    public string Page => Path.Combine(Artifacts, "report", "index.html");

    /// <summary>The settings of this process's environment.</summary>
    /// <exception cref="SettingsException">A value that cannot be read.</exception>
    public static EvalSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>Settings from variables by name, with empty ones as good as absent.</summary>
    public static EvalSettings From(Func<string, string?> variable)
    {
        string? Read(string name) => variable("QUANTSUITE_" + name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
        string caller = Read("CALLER") ?? Environment.CurrentDirectory;
        IReadOnlyList<string> Paths(string name) => [.. Split(Read(name), Path.PathSeparator).Select(path => Resolve(path, caller))];
        string? Folder(string name) => Read(name) is { } path ? Resolve(path, caller) : null;

        return new EvalSettings
        {
            Models = Paths("MODELS"),
            Data = Paths("DATA"),
            Tasks = Paths("TASKS"),
            Recipes = Split(Read("RECIPES"), ' '),
            Calibration = Read("CALIBRATION") is { } text && File.Exists(Resolve(text, caller)) ? Resolve(text, caller) : Read("CALIBRATION"),
            Limit = Count("QUANTSUITE_LIMIT", Read("LIMIT")),
            Chat = Switch("QUANTSUITE_CHAT", Read("CHAT")),
            MaxNewTokens = Count("QUANTSUITE_MAX_NEW_TOKENS", Read("MAX_NEW_TOKENS")),
            MaxPromptTokens = Count("QUANTSUITE_MAX_PROMPT_TOKENS", Read("MAX_PROMPT_TOKENS")),
            ThreadCount = Count("QUANTSUITE_THREADS", Read("THREADS")) ?? Environment.ProcessorCount,
            Strict = Switch("QUANTSUITE_STRICT", Read("STRICT")),
            Shard = Read("SHARD") is { } shard ? Shard.Parse("QUANTSUITE_SHARD", shard) : null,
            Baselines = Folder("BASELINES") ?? SuiteFolders.Baselines,
            Artifacts = Folder("ARTIFACTS") ?? SuiteFolders.Artifacts,
        };
    }

    /// <summary>The calibration text of a model, or null for the default one. Embedded models keep to the text that ships with them, whatever data the user names.</summary>
    public string? CalibrationOf(string modelPath) =>
        Calibration ?? (Path.GetFullPath(modelPath).StartsWith(SuiteFolders.EmbeddedModels, StringComparison.Ordinal) ? "microworld" : null);

    /// <summary>A path of the caller's, or the repository root's where only there something lies.</summary>
    public static string Resolve(string path, string caller)
    {
        string own = Path.GetFullPath(path, caller);
        string root = Path.GetFullPath(path, SuiteFolders.Root);
        return !Path.Exists(own) && Path.Exists(root) ? root : own;
    }

    /// <summary>A model's path; where nothing lies there, the embedded model of that name.</summary>
    public static string ResolveModel(string path)
    {
        string embedded = Path.Combine(SuiteFolders.EmbeddedModels, path);
        string named = Resolve(path, Environment.CurrentDirectory);
        return !Path.Exists(named) && Path.Exists(embedded) ? embedded : named;
    }

    private static string[] Split(string? text, char separator) =>
        text?.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static int? Count(string name, string? text) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count
        : throw new SettingsException($"{name} is '{text}', expected a whole number of at least 1.");

    private static bool Switch(string name, string? text) => text?.ToLowerInvariant() switch
    {
        null or "0" or "false" => false,
        "1" or "true" => true,
        _ => throw new SettingsException($"{name} is '{text}', expected true or false."),
    };
}
