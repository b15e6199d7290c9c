using System.Text.Json.Serialization;
using QuantSuite.Evaluation.Blaming;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// What was measured of a model × recipe beyond its rows: why it is as it is. Each part is written by the command that measured it and is absent until then;
/// <see cref="DiagnosisFile"/> keeps them together beside the results, and the page draws what is there.
/// </summary>
public sealed record Diagnosis
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Recipe in its canonical text.</summary>
    public required string Recipe { get; init; }

    /// <summary>How far its distributions are from full precision's, over some text; null where that was not measured.</summary>
    public Divergence? Divergence { get; init; }

    /// <summary>AbsMax, Std and Kurtosis of its tensors by layer; empty where they were not measured.</summary>
    public IReadOnlyList<TensorLine> Tensors { get; init; } = [];

    /// <summary>Which parts are guilty of a task's loss, one record a task; each lies in a file of its own beside its row's result (<see cref="BlameFile"/>).</summary>
    [JsonIgnore]
    public IReadOnlyList<BlameRecord> Blames { get; init; } = [];
}

/// <summary>Divergence from full precision over the tokens of a text.</summary>
/// <param name="Text">The text's name, e.g. <c>wikitext2</c>.</param>
/// <param name="Metrics">The mean, percentiles and the rest, as <see cref="Statistics.DivergenceSummary.Metrics"/> names them.</param>
/// <param name="Kl">Tokens by their KL, in ascending bins.</param>
public sealed record Divergence(string Text, int TokenCount, IReadOnlyList<Metric> Metrics, IReadOnlyList<HistogramBin> Kl)
{
    /// <summary>The summary of a comparison, its KL in bins of a third of a decade from 1e-6 to 10 nats; the first and last take what is beyond.</summary>
    public static Divergence Of(string text, Statistics.DivergenceSummary summary)
    {
        double[] edges = [.. Enumerable.Range(-18, 22).Select(third => Math.Pow(10, third / 3.0))];
        var counts = new int[edges.Length - 1];
        foreach (Statistics.TokenDivergence token in summary.Tokens)
        {
            int place = Array.BinarySearch(edges, token.Kl);
            counts[Math.Clamp(place >= 0 ? place : ~place - 1, 0, counts.Length - 1)]++;
        }
        return new Divergence(text, summary.Count, summary.Metrics(), [.. counts.Select((count, i) => new HistogramBin(edges[i], edges[i + 1], count))]);
    }
}

/// <summary>How many values lie in [<paramref name="Low"/>, <paramref name="High"/>).</summary>
public sealed record HistogramBin(double Low, double High, int Count);

/// <summary>Moments of one tensor.</summary>
/// <param name="Role"><c>weight</c>, <c>activation</c> or <c>cache</c>.</param>
/// <param name="Kind">The linear (<c>q_proj</c>), the input in the field's words, <c>keys</c> or <c>values</c>.</param>
/// <param name="Layer">The block's number.</param>
public sealed record TensorLine(string Role, string Kind, int Layer, double AbsMax, double Std, double Kurtosis);
