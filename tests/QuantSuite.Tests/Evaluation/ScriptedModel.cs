using System.Text;
using QuantSuite.Models;
using QuantSuite.Models.Tokenization;

namespace QuantSuite.Tests.Evaluation;

/// <summary>A model whose answers are given by functions; answers come in a scrambled order, as an engine that batches by length gives them.</summary>
internal sealed class ScriptedModel : LanguageModel
{
    public Func<ScoreRequest, ScoreAnswer> OnScore { get; init; } = request => new ScoreAnswer(-Hash(request.Context + request.Continuation), false, 1);

    public Func<RollingRequest, RollingAnswer> OnRolling { get; init; } = request => new RollingAnswer([new WindowScore(-Hash(request.Text + request.Windows), 1, 10)]);

    public Func<GenerateRequest, GenerateAnswer> OnGenerate { get; init; } = request => new GenerateAnswer(" " + Hash(request.Context), 3, 0.5);

    public int AskedCount { get; private set; }

    public override long TokenCount => AskedCount;

    public override string Name => "scripted";

    public override int MaxLength => 64;

    public override Tokenizer Tokenizer { get; } = new ByteTokenizer();

    public override ModelIdentity Identity { get; } = new("weights", "tokenizer", "fp32", "", "engine");

    public override void Score(IReadOnlyList<ScoreRequest> requests, Action<int, ScoreAnswer> completed, CancellationToken cancellation = default) =>
        Answer(requests, OnScore, completed, cancellation);

    public override void ScoreRolling(IReadOnlyList<RollingRequest> requests, Action<int, RollingAnswer> completed, CancellationToken cancellation = default) =>
        Answer(requests, OnRolling, completed, cancellation);

    public override void GenerateUntil(IReadOnlyList<GenerateRequest> requests, Action<int, GenerateAnswer> completed, CancellationToken cancellation = default) =>
        Answer(requests, OnGenerate, completed, cancellation);

    private void Answer<TRequest, TAnswer>(IReadOnlyList<TRequest> requests, Func<TRequest, TAnswer> answer, Action<int, TAnswer> completed, CancellationToken cancellation)
    {
        foreach (int i in Enumerable.Range(0, requests.Count).OrderBy(i => i * 7919 % (requests.Count + 1)))
        {
            cancellation.ThrowIfCancellationRequested();
            TAnswer given = answer(requests[i]);
            AskedCount++;
            completed(i, given);
        }
    }

    private static double Hash(string text) => Encoding.UTF8.GetBytes(text).Aggregate(17u, (hash, b) => (hash * 31) ^ b) / 65536.0;

    private sealed class ByteTokenizer : Tokenizer
    {
        public override int VocabularySize => 256;

        public override int? BosId => 0;

        public override int? EosId => 0;

        public override string ContentHash => "bytes";

        public override int[] Encode(string text, bool addSpecial = true) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

        public override IReadOnlyList<Token> EncodeWithOffsets(string text, bool addSpecial = true) => throw new NotSupportedException();

        public override string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) => throw new NotSupportedException();

        public override bool IsSpecial(int id) => id == 0;
    }
}
