using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// One verdict of a model × recipe over all of its tasks: is anything lost at all? Up to three tests, each at α over their number (Bonferroni): the share
/// of points lost over all items of
/// right-or-wrong and scored tasks; the mean log-likelihood margin of all choice items; nats per token of all texts. Items are pooled, so a task counts
/// by its items.
/// </summary>
/// <remarks>
/// Tasks that share items do not add independent evidence: the same question in two tasks flips in both. So items with one prompt, or of one document,
/// are one cluster wherever they stand (joined transitively), and clusters are drawn whole. Treating them as independent would make the interval too narrow and
/// a false alarm likelier than α.
/// </remarks>
public sealed record PooledVerdict
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Recipe text.</summary>
    public required string Recipe { get; init; }

    /// <summary>All together: fail if any part fails, then inconclusive, improved, pass, changed, equal.</summary>
    public required VerdictKind Kind { get; init; }

    /// <summary>The parts that have items.</summary>
    public required IReadOnlyList<PooledPart> Parts { get; init; }

    /// <summary>Tasks among them.</summary>
    public required int TaskCount { get; init; }

    private static readonly VerdictKind[] Order = [VerdictKind.Fail, VerdictKind.Inconclusive, VerdictKind.Improved, VerdictKind.Pass, VerdictKind.Changed, VerdictKind.Equal];

    internal static PooledVerdict Of(string model, string recipe, IReadOnlyList<(Verdict Verdict, EvalResult Result)> rows)
    {
        var drawn = new PooledItems(rows);
        List<PooledItem>[] parts = [drawn.Scores, drawn.Margins, drawn.Texts];
        int count = Math.Max(1, parts.Count(part => part.Count > 0));
        PooledPart[] judged = [.. parts.Zip(new[] { "points", "margins", "perplexity" }).Where(part => part.First.Count > 0)
            .Select(part => PooledPart.Of(part.Second, part.First, drawn.Clusters, Gate.Alpha / count, Seed(rows)))];
        bool equal = rows.All(row => row.Verdict.Kind == VerdictKind.Equal), broken = rows.Any(row => row.Verdict.Comparison!.BrokenCount > 0);
        return new PooledVerdict
        {
            Model = model,
            Recipe = recipe,
            Kind = equal ? VerdictKind.Equal : broken ? VerdictKind.Fail : Order.First(kind => kind == VerdictKind.Equal || judged.Any(part => part.Kind == kind)),
            Parts = judged,
            TaskCount = rows.Count,
        };
    }

    private static ulong Seed(IReadOnlyList<(Verdict Verdict, EvalResult Result)> rows) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows.Select(row => row.Result.BitsHash)))), 0);
}

/// <summary>One test of a pooled verdict.</summary>
/// <param name="Name"><c>points</c>, <c>margins</c> or <c>perplexity</c>.</param>
/// <param name="ItemCount">Items of all tasks.</param>
/// <param name="ClusterCount">Independent draws among them.</param>
/// <param name="Change">A fraction of items, nats, or nats per token.</param>
/// <param name="Limits">One-sided, each at the part's level.</param>
/// <param name="Margin">The largest harmless loss.</param>
/// <param name="LossP">One-sided p for a loss.</param>
/// <param name="NeededItemCount">About how many items would decide; null where none would.</param>
public sealed record PooledPart(string Name, int ItemCount, int ClusterCount, double Change, Interval Limits, double Margin, double LossP, double? NeededItemCount, VerdictKind Kind)
{
    internal static PooledPart Of(string name, List<PooledItem> items, Func<string, string> cluster, double alpha, ulong seed)
    {
        var ratio = new PairedRatio([.. items.Select(item => item.Change)], [.. items.Select(item => item.Weight)], [.. items.Select(item => cluster(item.Cluster))]);
        double margin = name switch
        {
            "points" => Gate.ShareMargin(items.Count),
            "margins" => Gate.NatsMargin(items.Count),
            _ => Gate.For(GateKind.LogLikelihood, items.Count).Margin,
        };
        Interval limits = ratio.Limits(alpha, seed);
        double p = Math.Max(ratio.GuardedLossP(), SignFlip.LossP(ratio.ClusterChanges, seed));
        double? needed = ratio.NeededClusterCount(alpha, margin) is { } clusters ? Math.Ceiling(clusters * items.Count / ratio.ClusterCount) : null;
        VerdictKind kind = items.All(item => item.Change == 0) ? VerdictKind.Changed
            : limits.Low > 0 ? VerdictKind.Improved : limits.Low > -margin ? VerdictKind.Pass : limits.High < 0 && p <= alpha ? VerdictKind.Fail : VerdictKind.Inconclusive;
        return new PooledPart(name, items.Count, ratio.ClusterCount, ratio.Change, limits, margin, p, needed, kind);
    }
}

/// <summary>An item of one of many tasks.</summary>
internal readonly record struct PooledItem(string Cluster, double Change, double Weight);

/// <summary>The items of all tasks of a model × recipe, and which of them belong together.</summary>
internal sealed class PooledItems
{
    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);

    public PooledItems(IReadOnlyList<(Verdict Verdict, EvalResult Result)> rows)
    {
        foreach ((Verdict verdict, EvalResult result) in rows)
        {
            var changes = verdict.Comparison!.Changes.ToDictionary(change => change.Index);
            for (int i = 0; i < result.Items.Count; i++)
                Add(verdict, result, i, changes.TryGetValue(i, out ItemChange? change) ? change.Difference : 0);
        }
    }

    public List<PooledItem> Scores { get; } = [];

    public List<PooledItem> Margins { get; } = [];

    public List<PooledItem> Texts { get; } = [];

    /// <summary>The cluster that a name belongs to.</summary>
    public string Clusters(string name)
    {
        while (_parents.TryGetValue(name, out string? parent) && parent != name)
            name = parent;
        return name;
    }

    private void Add(Verdict verdict, EvalResult result, int index, double change)
    {
        ItemOutcome item = result.Items[index];
        if (double.IsNaN(change))
            return;
        string cluster = ClusterOf(result, item);
        (result.Gate.Kind == GateKind.LogLikelihood ? Texts : Scores).Add(new PooledItem(cluster, change, item.Weight));
        if (verdict.Comparison!.Margins?.ChangeOf(index) is { } nats)
            Margins.Add(new PooledItem(cluster, nats, 1));
    }

    // A prompt is one draw wherever it is asked, and so is a document.
    private string ClusterOf(EvalResult result, ItemOutcome item)
    {
        string own = item.Prompt.Length > 0 ? "prompt " + item.Prompt : $"{result.Task} {item.Id}";
        if (item.Cluster.Length > 0)
            _parents[Clusters(own)] = Clusters($"{result.Task} cluster {item.Cluster}");
        return own;
    }
}
