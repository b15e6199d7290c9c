using System.Text.Json;
using Xunit;

namespace QuantSuite.Tests;

/// <summary>Where reference vectors and shared material lie. A folder that is absent skips the tests that need it, with the reason.</summary>
public static class Goldens
{
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The root of the reference vectors: QUANTSUITE_GOLDENS, else ../shared/goldens beside the repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("QUANTSUITE_GOLDENS") is { Length: > 0 } root ? root : Shared("goldens");

    /// <summary>A folder of ../shared (models, data, tokenizers), whether or not it exists.</summary>
    public static string Shared(string name) => Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", name));

    /// <summary>A folder of reference vectors; skips where it is absent.</summary>
    public static string Folder(string name)
    {
        string folder = Path.Combine(Root, name);
        Skip.IfNot(Directory.Exists(folder), $"reference vectors not found at {folder}; QUANTSUITE_GOLDENS names another root");
        return folder;
    }

    /// <summary>A shared folder or file that a test reads in place; skips where it is absent.</summary>
    public static string RequireShared(string name)
    {
        string path = Shared(name);
        Skip.IfNot(Path.Exists(path), $"not found: {path}");
        return path;
    }

    /// <summary>Every file of a folder of reference vectors as theory rows (paths relative to the folder); one row "(absent)" where there is none, which skips.</summary>
    public static TheoryData<string> Cases(string folder, string pattern, SearchOption option = SearchOption.TopDirectoryOnly)
    {
        var data = new TheoryData<string>();
        string path = Path.Combine(Root, folder);
        if (Directory.Exists(path))
            foreach (string file in Directory.EnumerateFiles(path, pattern, option).Order(StringComparer.Ordinal))
                data.Add(Path.GetRelativePath(path, file));
        if (data.Count == 0)
            data.Add("(absent)");
        return data;
    }

    public static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;

    private static string FindRepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "QuantSuite.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"QuantSuite.sln not found above {AppContext.BaseDirectory}");
    }
}
