using QuantSuite.Models.Tokenization;

namespace QuantSuite.Models;

/// <summary>Ids to feed and which of them to score: ids from <paramref name="FirstScored"/> on, each given all before it.</summary>
public readonly record struct ScoredSequence(int[] Ids, int FirstScored);

/// <summary>
/// From texts to ids, as lm-evaluation-harness does it (HFLM: <c>_encode_pair</c>, <c>loglikelihood_rolling</c>): context and continuation are tokenized together and
/// split at the length of the context's own ids; white space at the context's end moves to the continuation; too long inputs lose tokens on the left.
/// </summary>
internal sealed class RequestEncoding(Tokenizer tokenizer, int maxLength)
{
    private readonly Dictionary<string, int[]> contexts = [];
    private string? lastText;
    private int[] lastIds = [];

    /// <summary>The token that stands in for an empty context.</summary>
    private int PrefixToken => tokenizer.BosId ?? tokenizer.EosId ?? throw new InvalidOperationException("An empty context needs a BOS or EOS token, and the tokenizer declares neither.");

    public ScoredSequence Encode(ScoreRequest request)
    {
        string context = request.Context.TrimEnd();
        string continuation = request.Context[context.Length..] + request.Continuation;
        int[] before = context.Length == 0 && request.Prefix is null ? [PrefixToken] : WithPrefix(request.Prefix, ContextIds(context, request.Prefix is null));
        int[] whole = context.Length == 0
            ? [.. before, .. tokenizer.Encode(continuation, addSpecial: false)]
            : WithPrefix(request.Prefix, tokenizer.Encode(context + continuation, request.Prefix is null));
        if (whole.Length <= before.Length)
            throw new ArgumentException($"The continuation '{continuation}' has no tokens of its own after its context.");
        // The last id is only predicted, so maxLength + 1 ids fit.
        int cut = Math.Max(0, whole.Length - (maxLength + 1));
        if (cut >= before.Length)
            throw new ArgumentException($"A continuation of {whole.Length - before.Length} tokens does not fit in {maxLength}.");
        return new ScoredSequence(whole[cut..], before.Length - cut);
    }

    public IReadOnlyList<ScoredSequence> Encode(RollingRequest request)
    {
        // The windows of a long text may be asked one by one.
        if (!ReferenceEquals(request.Text, lastText))
            (lastText, lastIds) = (request.Text, tokenizer.Encode(request.Text, addSpecial: false));
        int[] ids = lastIds;
        if (request.Rule.Prefixed || request.Prefix is not null)
            ids = [request.Prefix ?? PrefixToken, .. ids];
        var sequences = new List<ScoredSequence>();
        IReadOnlyList<Window> windows = request.Rule.Cut(ids.Length, maxLength);
        (int first, int count) = (request.Windows ?? Range.All).GetOffsetAndLength(windows.Count);
        foreach (Window window in windows.Skip(first).Take(count))
        {
            if (window.End - window.Start - 1 > maxLength)
                throw new ArgumentException($"Windows of the rule {request.Rule.Name} are longer than the model's {maxLength} positions.");
            sequences.Add(new ScoredSequence(ids[window.Start..window.End], window.FirstScored - window.Start));
        }
        return sequences;
    }

    public int[] Encode(GenerateRequest request, int maxTokens)
    {
        int[] ids = WithPrefix(request.Prefix, tokenizer.Encode(request.Context, request.Prefix is null));
        if (ids.Length == 0)
            ids = [PrefixToken];
        int room = Math.Max(1, maxLength - maxTokens);
        return ids.Length <= room ? ids : ids[^room..];
    }

    private static int[] WithPrefix(int? prefix, int[] ids) => prefix is { } token ? [token, .. ids] : ids;

    private int[] ContextIds(string context, bool addSpecial)
    {
        if (!contexts.TryGetValue(context, out int[]? ids))
            contexts[context] = ids = tokenizer.Encode(context, addSpecial);
        return ids;
    }
}
