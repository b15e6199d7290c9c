using QuantSuite.Models.Chat;

namespace QuantSuite.Evaluation;

/// <summary>What a run needs besides task and model.</summary>
public sealed record EvalOptions
{
    /// <summary>Where tasks find their files.</summary>
    public required EvalData Data { get; init; }

    /// <summary>The model's architecture, config.json's <c>model_type</c>.</summary>
    public required string Family { get; init; }

    /// <summary>What was quantized.</summary>
    public required QuantizationProof Quantization { get; init; }

    /// <summary>Where the run takes place; the runner fills in when it finished.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>Only the first items, or null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Only these items, by their place in the task and in this order; null for all. Such a run is a part of one and no result to approve.</summary>
    public IReadOnlyList<int>? Picked { get; init; }

    /// <summary>The template that prompts go through, or null to ask with the bare prompts.</summary>
    public ChatTemplate? Chat { get; init; }

    /// <summary>The most new tokens of an answer, where a task asks for more; or null.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Items with longer prompts are left out, and windows of plain text are no longer, in tokens; or null.</summary>
    public int? MaxPromptTokens { get; init; }

    /// <summary>The folder of the answer cache (<c>artifacts/cache</c>), or null to save nothing and to resume nothing.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Shown the items before the first of them is asked, or null.</summary>
    public Action<IReadOnlyList<EvalItem>>? Loaded { get; init; }

    /// <summary>Called after every answer, on the thread that computes: keep it short.</summary>
    public Action<EvalProgress>? Progress { get; init; }
}

/// <summary>How far a run is.</summary>
/// <param name="DoneItemCount">Items whose answers are all known.</param>
/// <param name="CachedItemCount">Those of them that were found in the cache.</param>
/// <param name="TokenCount">Tokens computed so far.</param>
/// <param name="Remaining">Estimated by the characters still to do; null before anything is computed.</param>
public sealed record EvalProgress(string Task, int DoneItemCount, int ItemCount, int CachedItemCount, long TokenCount, TimeSpan Elapsed, TimeSpan? Remaining);
