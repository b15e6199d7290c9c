using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models;

/// <summary>
/// A decoder-only language model on this engine. All three questions go through <see cref="Forward"/>: ragged batches without padding, shared prefixes computed
/// once, and numbers that depend on the request alone.
/// </summary>
public sealed class DecoderModel : LanguageModel
{
    private readonly ForwardContext context;
    private readonly Lazy<Tokenizer> tokenizer;
    private readonly Lazy<ModelIdentity> identity;
    private long tokenCount;

    /// <summary>A model whose weights have been stored.</summary>
    /// <param name="name">The name in baselines and traits.</param>
    /// <param name="architecture">The wired layers.</param>
    /// <param name="kernels">The operations; owned by the caller.</param>
    /// <param name="tokenizer">The checkpoint's tokenizer, loaded when a text is asked for: logits of ids need none.</param>
    /// <param name="identity">Content hashes, taken when asked for.</param>
    /// <param name="checkpoint">The open checkpoint, disposed with the model.</param>
    public DecoderModel(string name, Architecture architecture, Kernels kernels, Func<Tokenizer> tokenizer, Func<ModelIdentity> identity, Checkpoint checkpoint)
    {
        Name = name;
        Architecture = architecture;
        this.tokenizer = new Lazy<Tokenizer>(tokenizer);
        this.identity = new Lazy<ModelIdentity>(identity);
        Checkpoint = checkpoint;
        context = new ForwardContext(kernels) { HeadRotation = architecture.HeadRotation };
        Cache = architecture.NewCache();
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int MaxLength => Architecture.MaxLength;

    /// <inheritdoc/>
    public override Tokenizer Tokenizer => tokenizer.Value;

    /// <inheritdoc/>
    public override ModelIdentity Identity => identity.Value;

    /// <inheritdoc/>
    public override string NumberContract => "equal-bits-1";

    /// <summary>The wired layers.</summary>
    public Architecture Architecture { get; }

    /// <summary>The open checkpoint that the model was read from.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The operations that the model runs on.</summary>
    public Kernels Kernels => context.Kernels;

    /// <summary>Format of keys (after RoPE) and values in the cache, or null for float32.</summary>
    public IntegerFormat? KeyValueFormat
    {
        get => context.KeyValueFormat;
        init => context.KeyValueFormat = value;
    }

    /// <summary>Neighbours that share a scale in the cache; 0 for the whole head.</summary>
    public int KeyValueGroup
    {
        get => context.KeyValueGroup;
        init => context.KeyValueGroup = value;
    }

    /// <summary>KIVI's rule of which keys and values are rounded to <see cref="KeyValueFormat"/>, or null: all of them, per token.</summary>
    public KiviCache? Kivi
    {
        get => context.Kivi;
        init
        {
            context.Kivi = value;
            Cache = Architecture.NewCache(value);
        }
    }

    /// <summary>Keys and values of sequences under way.</summary>
    public KeyValueCache Cache { get; private init; }

    /// <summary>The most rows of one pass: enough for the products to run at full speed, few enough for the cache. It reaches no number.</summary>
    public int PassTokenLimit { get; set; } = 1024;

    /// <summary>The most sequences that are generated together. It reaches no number.</summary>
    public int ActiveSequenceLimit { get; set; } = 64;

    /// <inheritdoc/>
    public override long TokenCount => tokenCount;

    /// <summary>Whether the weights and the checkpoint are disposed with the model.</summary>
    private bool OwnsWeights { get; init; } = true;

    /// <summary>The linears of all blocks.</summary>
    public IEnumerable<Weight> Linears => Architecture.Blocks.SelectMany(block => block.Linears);

    /// <summary>Bytes of all weights held in memory.</summary>
    public long WeightBytes => Architecture.Weights.Sum(weight => weight.Panels.ByteCount);

    /// <summary>Bits per weight of the blocks' linears, scales and zero points counted.</summary>
    public double BitsPerWeight => Linears.Sum(weight => 8.0 * weight.Panels.ByteCount) / Linears.Sum(weight => (double)weight.Rows * weight.Columns);

    /// <inheritdoc/>
    public override void Score(IReadOnlyList<ScoreRequest> requests, Action<int, ScoreAnswer> completed, CancellationToken cancellation = default)
    {
        var encoding = new RequestEncoding(Tokenizer, MaxLength);
        var sequences = new ScoredSequence[requests.Count];
        for (int i = 0; i < sequences.Length; i++)
            sequences[i] = encoding.Encode(requests[i]);
        new SequenceScorer(this).Score(sequences, (i, scores) => completed(i, new ScoreAnswer(scores.LogLikelihood, scores.IsGreedy, scores.TokenCount)), cancellation);
    }

    /// <inheritdoc/>
    public override void ScoreRolling(IReadOnlyList<RollingRequest> requests, Action<int, RollingAnswer> completed, CancellationToken cancellation = default)
    {
        var encoding = new RequestEncoding(Tokenizer, MaxLength);
        var sequences = new List<ScoredSequence>();
        var owners = new List<(int Request, int Window)>();
        var windows = new WindowScore[requests.Count][];
        var missing = new int[requests.Count];
        for (int i = 0; i < requests.Count; i++)
        {
            IReadOnlyList<ScoredSequence> cut = encoding.Encode(requests[i]);
            windows[i] = new WindowScore[cut.Count];
            missing[i] = cut.Count;
            for (int w = 0; w < cut.Count; w++)
            {
                sequences.Add(cut[w]);
                owners.Add((i, w));
            }
            if (cut.Count == 0)
                completed(i, new RollingAnswer([]));
        }
        new SequenceScorer(this).Score(sequences, (s, scores) =>
        {
            (int request, int window) = owners[s];
            windows[request][window] = new WindowScore(scores.LogLikelihood, scores.SumOfSquares, scores.TokenCount);
            if (--missing[request] == 0)
                completed(request, new RollingAnswer(windows[request]));
        }, cancellation);
    }

    /// <inheritdoc/>
    public override void GenerateUntil(IReadOnlyList<GenerateRequest> requests, Action<int, GenerateAnswer> completed, CancellationToken cancellation = default) =>
        new GreedyGenerator(this).Generate(requests, completed, cancellation);

    /// <summary>The same weights with keys and values in float32. They stay this model's, which is to be disposed after it.</summary>
    public DecoderModel WithFullCache() => new(Name, Architecture, Kernels, () => Tokenizer, () => Identity, Checkpoint) { OwnsWeights = false };

    /// <summary>The ids that a question feeds, and from where on it scores them.</summary>
    public ScoredSequence Encode(ScoreRequest request) => new RequestEncoding(Tokenizer, MaxLength).Encode(request);

    /// <summary>The ids that a question about a text feeds, a sequence for each window.</summary>
    public IReadOnlyList<ScoredSequence> Encode(RollingRequest request) => new RequestEncoding(Tokenizer, MaxLength).Encode(request);

    /// <summary>
    /// Logits [tokens, vocabulary] after each id; with <paramref name="stepwise"/> one id at a time with the cache. The caller disposes them.
    /// </summary>
    /// <param name="images">Pixels [3, side·side] of each image (<see cref="ImagePreprocessor"/>), whose features take the place of the image tokens in order; null for none.</param>
    public Matrix Logits(ReadOnlySpan<int> ids, bool stepwise = false, IReadOnlyList<Matrix>? images = null)
    {
        RequireLength(ids, images is null ? null : Architecture.Vision?.ImageToken);
        using Matrix? features = images is null ? null : Features(ids, images);
        var logits = new Matrix(ids.Length, Architecture.Head.Rows);
        InPasses(ids, stepwise ? 1 : PassTokenLimit, (hidden, first) => Head(hidden, logits.Slice(first, hidden.Rows)), features);
        return logits;
    }

    /// <summary>The features of images [images · features of one, hidden size]. The caller disposes them.</summary>
    /// <exception cref="InvalidOperationException">The model sees no images.</exception>
    public Matrix Features(IReadOnlyList<Matrix> images)
    {
        ClipVisionTower tower = Architecture.Vision ?? throw new InvalidOperationException($"{Name} sees no images; expected a model with a vision tower, such as llava.");
        var all = new Matrix(images.Count * tower.FeatureCount, Architecture.HiddenSize);
        for (int i = 0; i < images.Count; i++)
            using (Matrix features = tower.Features(Kernels, images[i]))
                features.Span.CopyTo(all.Slice(i * tower.FeatureCount, tower.FeatureCount).Span);
        return all;
    }

    /// <summary>Hidden states [tokens, hidden size] before the final norm. The caller disposes them.</summary>
    internal Matrix Hidden(ReadOnlySpan<int> ids)
    {
        RequireLength(ids);
        var all = new Matrix(ids.Length, Architecture.HiddenSize);
        InPasses(ids, PassTokenLimit, (hidden, first) =>
        {
            for (int row = 0; row < hidden.Rows; row++)
                hidden.Row(row).CopyTo(all.Row(first + row));
        });
        return all;
    }

    private void RequireLength(ReadOnlySpan<int> ids, int? imageToken = null)
    {
        RequireIds(ids, imageToken);
        if (ids.Length > Architecture.PositionLimit)
            throw new ArgumentException($"{ids.Length} ids, but {Name} takes at most {Architecture.PositionLimit}.", nameof(ids));
    }

    private Matrix Features(ReadOnlySpan<int> ids, IReadOnlyList<Matrix> images)
    {
        Matrix features = Features(images);
        if (ids.Count(Architecture.Vision!.ImageToken) is var places && places == features.Rows)
            return features;
        features.Dispose();
        throw new ArgumentException($"{places} image tokens (id {Architecture.Vision.ImageToken}) for {images.Count} images of {Architecture.Vision.FeatureCount} features; expected one for each feature.");
    }

    private void InPasses(ReadOnlySpan<int> ids, int step, Action<Matrix, int> take, Matrix? features = null)
    {
        using Sequence sequence = Cache.NewSequence(ids.Length, features is null ? null : (Architecture.Vision!.ImageToken, features));
        for (int first = 0; first < ids.Length; first += step)
        {
            var pass = new ForwardPass();
            pass.Add(sequence, ids.Slice(first, Math.Min(step, ids.Length - first)));
            take(Forward(pass), first);
        }
    }

    /// <summary>Runs a pass through all blocks. The result [tokens, hidden size], before the final norm, is valid until the next pass.</summary>
    internal Matrix Forward(ForwardPass pass)
    {
        context.Begin(pass);
        Matrix hidden = context.Buffer("hidden", pass.TokenCount, Architecture.HiddenSize);
        Architecture.Input.Forward(context, pass.Ids, hidden);
        foreach (DecoderBlock block in Architecture.Blocks)
            block.Forward(context, hidden);
        tokenCount += pass.TokenCount;
        return hidden;
    }

    /// <summary>Final norm, in place, and output head: logits [rows, vocabulary].</summary>
    internal void Head(Matrix hidden, Matrix logits) => Architecture.Output.Forward(context, hidden, logits);

    /// <summary>Whether a sequence that declares one length may begin with the keys of one that declared another.</summary>
    internal bool MayShare(int finalLength, int otherLength) =>
        Architecture.StateFloats == 0 && (Architecture.Scaling is not { } scaling || scaling.KindOf(finalLength) == scaling.KindOf(otherLength));

    /// <summary>A reused buffer.</summary>
    internal Matrix Buffer(string name, int rows, int columns) => context.Buffer(name, rows, columns);

    /// <inheritdoc/>
    public override void Dispose()
    {
        context.Dispose();
        Cache.Dispose();
        if (OwnsWeights)
        {
            foreach (Weight weight in Architecture.Weights)
                weight.Dispose();
            Architecture.Vision?.Dispose();
            Checkpoint.Dispose();
        }
        base.Dispose();
    }

    private void RequireIds(ReadOnlySpan<int> ids, int? imageToken = null)
    {
        foreach (int id in ids)
            if (id != imageToken && (uint)id >= (uint)Architecture.Embedding.Rows)
                throw new ArgumentException($"Token id {id} is outside of {Name}'s vocabulary of {Architecture.Embedding.Rows}.", nameof(ids));
    }
}
