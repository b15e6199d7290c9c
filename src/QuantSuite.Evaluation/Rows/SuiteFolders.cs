namespace QuantSuite.Evaluation.Rows;

/// <summary>Where the suite's own things lie: found by walking up from the running assembly, then from the working directory, to <c>QuantSuite.sln</c>.</summary>
public static class SuiteFolders
{
    /// <summary>The repository's root; the working directory where there is no repository around.</summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory) ?? Environment.CurrentDirectory;

    /// <summary>Models that ship with the suite.</summary>
    public static string EmbeddedModels => Path.Combine(Root, "evals", "models");

    /// <summary>Items of the tests that ship with the suite.</summary>
    public static string EmbeddedData => Path.Combine(Root, "evals", "data");

    /// <summary>Approved results that ship with the suite.</summary>
    public static string Baselines => Path.Combine(Root, "baselines");

    /// <summary>Everything that a run writes.</summary>
    public static string Artifacts => Path.Combine(Root, "artifacts");

    private static string? Above(string start)
    {
        string? folder = start;
        while (folder is not null && !File.Exists(Path.Combine(folder, "QuantSuite.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder;
    }
}
