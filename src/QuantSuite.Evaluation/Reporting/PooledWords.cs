using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>A part of a pooled verdict in words and figures, for the page and the summaries alike.</summary>
internal static class PooledWords
{
    /// <summary>What a part measures.</summary>
    public static string Name(PooledPart part) => part.Name switch
    {
        "points" => "right or wrong, and scores",
        "margins" => "log-likelihood margins",
        _ => "perplexity",
    };

    /// <summary>Its change with limits: points, nats or nats per token; or that no item changed.</summary>
    public static string Change(PooledPart part) => part.Kind == VerdictKind.Changed ? "no change"
        : $"{Number(part, part.Change)} [{Number(part, part.Limits.Low)} … {Number(part, part.Limits.High)}] {Unit(part)}";

    /// <summary>One line.</summary>
    public static string Of(PooledPart part)
    {
        string needed = part.Kind == VerdictKind.Inconclusive && part.NeededItemCount is { } n ? $"; about {Figures.Count((long)n)} items would decide" : "";
        return $"{Name(part)}: {part.Kind.ToString().ToLowerInvariant()}, {Change(part)} over {Figures.Count(part.ItemCount)} items "
            + $"in {Figures.Count(part.ClusterCount)} clusters, margin {Number(part, part.Margin).TrimStart('+')}{needed}";
    }

    private static string Unit(PooledPart part) => part.Name switch { "points" => "points", "margins" => "nats", _ => "nats/token" };

    private static string Number(PooledPart part, double value)
    {
        double error = Math.Max(part.Limits.High - part.Limits.Low, 1e-9) / 5;
        return Figures.Delta(value, error, part.Name == "points" ? GateKind.RightOrWrong : GateKind.LogLikelihood);
    }
}
