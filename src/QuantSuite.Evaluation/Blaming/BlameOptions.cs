using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>What a <see cref="BlameRun"/> needs besides models and answers.</summary>
public sealed record BlameOptions
{
    /// <summary>The task of the items.</summary>
    public required EvalTask Task { get; init; }

    /// <summary>New storage of a linear's full-precision values, in the coordinates of the quantized model; the run owns it.</summary>
    public required Func<Weight, PanelMatrix> StorageOf { get; init; }

    /// <summary>Where results lie; the record goes beside the row's.</summary>
    public required string ResultsFolder { get; init; }

    /// <summary>The most items, lost ones first.</summary>
    public int ItemLimit { get; init; } = 32;

    /// <summary>The most tokens that are fed for one part's divergence.</summary>
    public int TokenLimit { get; init; } = 8192;

    /// <summary>Told of every part that is begun.</summary>
    public Action<string>? Progress { get; init; }
}
