namespace QuantSuite.Evaluation;

/// <summary>
/// The folders that tasks read from, in place: what ships with the project (<c>evals/data</c>), then the folders that the user named
/// (<c>QUANTSUITE_DATA</c>, several separated as in PATH). A task names its file below such a folder.
/// </summary>
public sealed class EvalData
{
    /// <summary>The environment variable that names the user's data folders.</summary>
    public const string Variable = "QUANTSUITE_DATA";

    private readonly IReadOnlyList<string> roots;

    /// <summary>Reads below the given folders, the first that has a file wins.</summary>
    public EvalData(params IEnumerable<string> roots) => this.roots = [.. roots];

    /// <summary>What ships with the project and, after it, the given folders or else those of <see cref="Variable"/>.</summary>
    public static EvalData Default(string? folders = null)
    {
        folders ??= Environment.GetEnvironmentVariable(Variable) ?? "";
        var named = folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new EvalData(FindShipped("evals/data") is { } shipped ? [shipped, .. named] : named);
    }

    /// <summary>A file or folder that ships with the project, looked for from the program's folder and the current one upwards, or null.</summary>
    public static string? FindShipped(string relative)
    {
        foreach (string start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
            for (string? folder = Path.TrimEndingDirectorySeparator(start); folder is not null; folder = Path.GetDirectoryName(folder))
                if (Path.Combine(folder, relative) is var path && Path.Exists(path))
                    return path;
        return null;
    }

    /// <summary>The full path of a file or folder below one of the roots, or null; a full path is its own.</summary>
    public string? Find(string source) =>
        (Path.IsPathFullyQualified(source) ? [source] : roots.Select(root => Path.Combine(root, source))).FirstOrDefault(Path.Exists);

    /// <summary>Whether a task's data is there, and the task may run.</summary>
    public bool Has(EvalTask task) => task.Refusal is null && Find(task.Source) is not null;

    /// <summary>The full path of a file or folder.</summary>
    /// <exception cref="EvalDataException">It is in none of the roots.</exception>
    public string Require(string source) => Find(source) ?? throw new EvalDataException(
        $"'{source}' not found in {(roots.Count == 0 ? "any folder: none is named" : string.Join(", ", roots))}. "
        + $"Name the folder that holds it with {Variable}=<folder> (or --data <folder>).");
}
