using QuantSuite.Models;
using QuantSuite.Models.Tokenization;

namespace QuantSuite.Evaluation;

/// <summary>
/// A model that answers from the cache, asks another model for the rest, saves each new answer before it passes it on, and remembers the bits of all
/// answers in the order of the requests. Equal requests are asked once. Tasks see a model like any other.
/// </summary>
internal sealed class RememberingModel : LanguageModel
{
    private readonly LanguageModel inner;
    private readonly AnswerCache? cache;
    private readonly ProgressMeter meter;
    private readonly string identity;
    private readonly ContentHash bits = new(), prompts = new(), keys = new();
    private int askedCount;

    public RememberingModel(LanguageModel inner, AnswerCache? cache, ProgressMeter meter)
    {
        this.inner = inner;
        this.cache = cache;
        this.meter = meter;
        identity = ContentHash.Of(inner);
    }

    public override string Name => inner.Name;

    public override int MaxLength => inner.MaxLength;

    public override Tokenizer Tokenizer => inner.Tokenizer;

    public override ModelIdentity Identity => inner.Identity;

    public override long TokenCount => inner.TokenCount;

    /// <summary>SHA-256 over the bits of all log-likelihoods and generated texts, in the order of the requests.</summary>
    public string BitsHash() => bits.Hex();

    /// <summary>SHA-256 over all requests, in order.</summary>
    public string PromptsHash() => prompts.Hex();

    public override void Score(IReadOnlyList<ScoreRequest> requests, Action<int, ScoreAnswer> completed, CancellationToken cancellation = default) =>
        Ask(requests, new Kind<ScoreRequest, ScoreAnswer>(
            static (hash, request) => hash.Add(request),
            static (hash, answer) => hash.Add(answer.LogLikelihood),
            static request => request.Context.Length + request.Continuation.Length,
            AnswerLine.TryRead, AnswerLine.Write, inner.Score), completed, cancellation);

    public override void ScoreRolling(IReadOnlyList<RollingRequest> requests, Action<int, RollingAnswer> completed, CancellationToken cancellation = default) =>
        Ask(requests, new Kind<RollingRequest, RollingAnswer>(
            static (hash, request) => hash.Add(request),
            static (hash, answer) =>
            {
                foreach (WindowScore window in answer.Windows)
                    hash.Add(window.LogLikelihood);
            },
            static request => request.Windows is null ? request.Text.Length : 1,
            AnswerLine.TryRead, AnswerLine.Write, inner.ScoreRolling), completed, cancellation);

    public override void GenerateUntil(
        IReadOnlyList<GenerateRequest> requests, Action<int, GenerateAnswer> completed, CancellationToken cancellation = default) =>
        Ask(requests, new Kind<GenerateRequest, GenerateAnswer>(
            static (hash, request) => hash.Add(request),
            static (hash, answer) =>
            {
                hash.Add(answer.Text);
                hash.Add(answer.LogLikelihood);
            },
            static request => request.Context.Length,
            AnswerLine.TryRead, AnswerLine.Write, inner.GenerateUntil), completed, cancellation);

    public override void Dispose()
    {
        bits.Dispose();
        prompts.Dispose();
        keys.Dispose();
        base.Dispose();
    }

    private void Ask<TRequest, TAnswer>(
        IReadOnlyList<TRequest> requests, Kind<TRequest, TAnswer> kind, Action<int, TAnswer> completed, CancellationToken cancellation)
    {
        var answers = new TAnswer[requests.Count];
        int first = askedCount; // of the rounds before
        askedCount += requests.Count;
        var missing = new OrderedDictionary<string, List<int>>();
        for (int i = 0; i < requests.Count; i++)
        {
            kind.HashRequest(prompts, requests[i]);
            kind.HashRequest(keys.Add(identity), requests[i]);
            string key = keys.HexAndReset();
            if (cache?.Find(key) is { } line && kind.Read(line, out TAnswer saved))
            {
                completed(i, answers[i] = saved);
                meter.Found(first + i);
            }
            else if (missing.TryGetValue(key, out List<int>? positions))
            {
                positions.Add(i);
            }
            else
            {
                missing.Add(key, [i]);
                meter.Expect(kind.Size(requests[i]));
            }
        }
        if (missing.Count > 0)
            AskInner(requests, first, kind, missing, answers, completed, cancellation);
        foreach (TAnswer answer in answers)
            kind.HashAnswer(bits, answer);
    }

    private void AskInner<TRequest, TAnswer>(
        IReadOnlyList<TRequest> requests, int first, Kind<TRequest, TAnswer> kind, OrderedDictionary<string, List<int>> missing, TAnswer[] answers,
        Action<int, TAnswer> completed, CancellationToken cancellation)
    {
        TRequest[] asked = [.. missing.Values.Select(positions => requests[positions[0]])];
        int answered = 0;
        kind.Ask(asked, (index, answer) =>
        {
            (string key, List<int> positions) = missing.GetAt(index);
            cache?.Save(kind.Write(key, answer));
            answered++;
            foreach (int position in positions)
            {
                completed(position, answers[position] = answer);
                meter.Computed(first + position, position == positions[0] ? kind.Size(asked[index]) : 0);
            }
        }, cancellation);
        if (answered != asked.Length)
            throw new InvalidOperationException($"{inner.Name} answered {answered} of {asked.Length} requests.");
    }

    private delegate bool AnswerReader<TAnswer>(string line, out TAnswer answer);

    /// <summary>One of the three questions: how to hash, measure, read, write and ask it.</summary>
    private sealed record Kind<TRequest, TAnswer>(
        Action<ContentHash, TRequest> HashRequest,
        Action<ContentHash, TAnswer> HashAnswer,
        Func<TRequest, long> Size,
        AnswerReader<TAnswer> Read,
        Func<string, TAnswer, string> Write,
        Action<IReadOnlyList<TRequest>, Action<int, TAnswer>, CancellationToken> Ask);
}
