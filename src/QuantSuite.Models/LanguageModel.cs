using QuantSuite.Models.Tokenization;

namespace QuantSuite.Models;

/// <summary>
/// What an evaluation task may ask of a model: the log-likelihood of a continuation, the log-likelihood of a whole text, and a
/// generated text. A task sees no weights and no methods, so the same task runs on this engine and on a remote one.
/// The semantics of the three questions are those of lm-evaluation-harness (EleutherAI), request types
/// <c>loglikelihood</c>, <c>loglikelihood_rolling</c> and <c>generate_until</c>.
/// </summary>
/// <remarks>
/// Every method answers a list of requests in any order, and calls <c>completed(index, answer)</c> once for each as soon as it is known (never
/// concurrently), so that a caller can save as it goes. An answer depends on its own request alone, to the bit.
/// </remarks>
public abstract class LanguageModel : IDisposable
{
    /// <summary>The model's name as it stands in baselines and traits, e.g. <c>microworld-m</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The most tokens of one input (context and continuation together).</summary>
    public abstract int MaxLength { get; }

    /// <summary>The tokenizer; tasks use it to count tokens, never to see ids.</summary>
    public abstract Tokenizer Tokenizer { get; }

    /// <summary>Hashes of everything that a number of this model depends on.</summary>
    public abstract ModelIdentity Identity { get; }

    /// <summary>
    /// The name of the rules that fix this engine's numbers to the bit (docs/kernels.md: order of every sum, every rounding); empty where an engine makes
    /// no such promise, as
    /// remote ones cannot. Under one contract equal inputs give equal bits, so the noise of a measurement is zero.
    /// </summary>
    public virtual string NumberContract => "";

    /// <summary>Tokens computed since the model was made, for throughput; 0 where a model cannot know. A prefix that is computed once counts once.</summary>
    public virtual long TokenCount => 0;

    /// <summary>ln p(continuation | context) for each request.</summary>
    public abstract void Score(IReadOnlyList<ScoreRequest> requests, Action<int, ScoreAnswer> completed, CancellationToken cancellation = default);

    /// <summary>ln p(text), by the window rule of each request.</summary>
    public abstract void ScoreRolling(IReadOnlyList<RollingRequest> requests, Action<int, RollingAnswer> completed, CancellationToken cancellation = default);

    /// <summary>Greedy continuation of each context.</summary>
    public abstract void GenerateUntil(IReadOnlyList<GenerateRequest> requests, Action<int, GenerateAnswer> completed, CancellationToken cancellation = default);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Content hashes (SHA-256, lower-case hex) of what a model's numbers depend on.</summary>
/// <param name="Weights">Over the checkpoint's tensors and its configuration.</param>
/// <param name="Tokenizer">Over the tokenizer's definition.</param>
/// <param name="Recipe">The recipe's canonical text.</param>
/// <param name="Calibration">Over the calibration tokens, or empty where the recipe needs none.</param>
/// <param name="Engine">Over the assemblies that compute: other code, other key.</param>
public sealed record ModelIdentity(string Weights, string Tokenizer, string Recipe, string Calibration, string Engine);

/// <summary>ln p(<paramref name="Continuation"/> | <paramref name="Context"/>).</summary>
/// <param name="Context">May be empty: then one prefix token (BOS if declared, else EOS) stands in for it.</param>
/// <param name="Continuation">Scored text; trailing white space of the context moves to its front, as in lm-evaluation-harness.</param>
/// <param name="Prefix">A token put in front of the context, or null for what the tokenizer itself adds.</param>
public readonly record struct ScoreRequest(string Context, string Continuation, int? Prefix = null);

/// <summary>The answer to a <see cref="ScoreRequest"/>.</summary>
/// <param name="LogLikelihood">Natural logarithm, summed over the continuation's tokens.</param>
/// <param name="IsGreedy">Whether every token of the continuation is the most likely one (the first of equals).</param>
/// <param name="TokenCount">Tokens of the continuation.</param>
public readonly record struct ScoreAnswer(double LogLikelihood, bool IsGreedy, int TokenCount);

/// <summary>ln p of a whole text by a window rule.</summary>
/// <param name="Prefix">A token put in front of the text, or null for the rule's own.</param>
/// <param name="Windows">Which of the rule's windows are asked, or null for all: so a long text is saved, resumed and limited window by window.
/// Requests of one text follow one another and share the string, so that an engine encodes it once.</param>
public readonly record struct RollingRequest(string Text, WindowRule Rule, int? Prefix = null, Range? Windows = null);

/// <summary>The answer to a <see cref="RollingRequest"/>; windows are the clusters of a perplexity's standard error.</summary>
public sealed record RollingAnswer(IReadOnlyList<WindowScore> Windows)
{
    /// <summary>Natural logarithm, summed over all windows.</summary>
    public double LogLikelihood => Windows.Sum(window => window.LogLikelihood);

    /// <summary>Scored tokens of all windows.</summary>
    public int TokenCount => Windows.Sum(window => window.TokenCount);
}

/// <summary>One window: ln p summed over its scored tokens, the sum of squares of the tokens' ln p, and their count.</summary>
public readonly record struct WindowScore(double LogLikelihood, double SumOfSquares, int TokenCount);

/// <summary>Continue <paramref name="Context"/> greedily.</summary>
/// <param name="Until">Stop strings; the text ends before the first of them that occurs.</param>
/// <param name="MaxTokens">The most new tokens.</param>
/// <param name="Prefix">A token put in front of the context, or null for what the tokenizer itself adds.</param>
/// <param name="MaxTokensBeyond">When given, the limit is this text's own token count plus <paramref name="MaxTokens"/>.</param>
public readonly record struct GenerateRequest(string Context, IReadOnlyList<string> Until, int MaxTokens, int? Prefix = null, string? MaxTokensBeyond = null);

/// <summary>The answer to a <see cref="GenerateRequest"/>: the text before the stop string, decoded without special tokens.</summary>
/// <param name="MinGap">Smallest distance of the best two logits on the way (how nearly another engine might have answered otherwise).</param>
/// <param name="LogLikelihood">ln p of the tokens chosen, the ending one included, nats: it moves with the model even where the text does not.</param>
public readonly record struct GenerateAnswer(string Text, int TokenCount, double MinGap, double LogLikelihood = 0);
