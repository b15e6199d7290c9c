using System.Globalization;
using System.Reflection;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>
/// Where the benchmarks' files come from: PublishedFiles.tsv, one file a line (path, bytes, SHA-256, address, member of an archive). Addresses on GitHub
/// name a commit, so that they always give these bytes.
/// </summary>
public static class PublishedFiles
{
    private static readonly Lazy<IReadOnlyList<PublishedFile>> Files = new(Read);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PublishedFile> All => Files.Value;

    /// <summary>The files that a task reads; none for those that ship with the project, and for a user's own.</summary>
    public static IReadOnlyList<PublishedFile> Of(EvalTask task) => [.. All.Where(file => task.Files.Any(source => IsBelow(file.Path, source)))];

    private static bool IsBelow(string path, string source) => path == source || path.StartsWith(source + "/", StringComparison.Ordinal);

    private static PublishedFile[] Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("QuantSuite.Evaluation.PublishedFiles.tsv")!;
        using var reader = new StreamReader(stream);
        string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Skip(1).Select(line => line.Split('\t')).Select(fields =>
            new PublishedFile(fields[0], long.Parse(fields[1], CultureInfo.InvariantCulture), fields[2], fields[3], fields[4]))];
    }
}
