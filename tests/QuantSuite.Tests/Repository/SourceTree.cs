namespace QuantSuite.Tests.Repository;

/// <summary>The project's own text files, as a clean clone has them.</summary>
public static class SourceTree
{
    private static readonly string[] Skipped = [".git", ".vs", ".idea", "artifacts", "bin", "obj", "models", "data", "TestResults"];
    private static readonly string[] TextExtensions =
        [".cs", ".csproj", ".props", ".targets", ".json", ".md", ".razor", ".css", ".js", ".sln", ".txt", ".yml", ".editorconfig", ".gitattributes", ".gitignore", ".py", ".sh", ""];

    /// <summary>Paths relative to the root, with forward slashes, in ordinal order; models and data are left out.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(Goldens.RepositoryRoot).Select(path => Path.GetRelativePath(Goldens.RepositoryRoot, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public static string FullPath(string relative) => Path.Combine(Goldens.RepositoryRoot, relative);

    public static string Read(string relative) => File.ReadAllText(FullPath(relative));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder).Where(IsText))
            yield return file;
        foreach (string child in Directory.EnumerateDirectories(folder).Where(child => !Skipped.Contains(Path.GetFileName(child))))
            foreach (string file in Walk(child))
                yield return file;
    }

    // A worktree's .git is a file with a path in it.
    private static bool IsText(string path) =>
        TextExtensions.Contains(Path.GetExtension(path)) && !Path.GetFileName(path).Contains(".received.") && Path.GetFileName(path) != ".git";
}
