using System.Text.Json;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>A row in one run of the past.</summary>
/// <param name="FinishedAt">When it ran.</param>
/// <param name="Value">Its first metric.</param>
/// <param name="BitsHash">Whose change says that some bit changed.</param>
/// <param name="Commit">The code that ran.</param>
public sealed record HistoryPoint(DateTimeOffset FinishedAt, double Value, string BitsHash, string Commit);

/// <summary>
/// Results of many runs below one folder, each in a subfolder of any name (<c>history/2026-11-23/microworld-m/…</c>): whoever wants a trend copies the results
/// of a run there. Of each file only the head is kept, so that years of runs fit in memory.
/// </summary>
internal static class HistoryFolder
{
    /// <summary>The points of each row, oldest first; equal times are one run, copied twice.</summary>
    public static IReadOnlyDictionary<ResultKey, IReadOnlyList<HistoryPoint>> Read(string folder)
    {
        var points = new Dictionary<ResultKey, List<HistoryPoint>>();
        foreach (string file in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            if (Head(file) is { } head)
            {
                var key = new ResultKey(head.Model, head.Task, head.Recipe);
                if (!points.TryGetValue(key, out List<HistoryPoint>? row))
                    points.Add(key, row = []);
                row.Add(new HistoryPoint(head.Environment.FinishedAt, head.Metrics[0].Value, head.BitsHash, head.Environment.Commit));
            }
        return points.ToDictionary(row => row.Key, row => (IReadOnlyList<HistoryPoint>)[.. row.Value.OrderBy(p => p.FinishedAt).DistinctBy(p => p.FinishedAt)]);
    }

    // A file that is no result has no place in a trend; the page names those of its own results folder.
    private static ResultHead? Head(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            return JsonSerializer.Deserialize<ResultHead>(stream, EvalResultFile.Options) is { Model: not null, Task: not null, Recipe: not null, Metrics.Count: > 0, Environment: not null } head
                ? head : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record ResultHead(string Model, string Task, string Recipe, string BitsHash, IReadOnlyList<Metric> Metrics, RunEnvironment Environment);
}
