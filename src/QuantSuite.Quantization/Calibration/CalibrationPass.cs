using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Quantization.Calibration;

/// <summary>
/// Takes the hidden states of the calibration sequences through the model block by block. Memory is bounded by the states themselves (a mapped temporary file beyond
/// <see cref="MemoryLimit"/> bytes) and by one pass, whatever the model's depth.
/// </summary>
internal sealed class CalibrationPass : IDisposable
{
    /// <summary>Bytes of hidden states beyond which they go to a temporary file.</summary>
    public const long MemoryLimit = 1L << 30;

    private const int PassTokenCount = 2048;

    private readonly IReadOnlyList<int[]> sequences;
    private readonly HiddenStates hidden;
    private readonly ForwardContext context;
    private readonly KeyValueCache cache;
    private readonly Lazy<SampleContext> samples;

    /// <summary>The embedded sequences.</summary>
    /// <param name="sampleSequenceCount">How many sequences <see cref="Samples"/> stands at.</param>
    public CalibrationPass(Architecture architecture, CalibrationTokens tokens, Kernels kernels, int sampleSequenceCount = 0)
    {
        sequences = tokens.Sequences;
        context = new ForwardContext(kernels);
        cache = architecture.NewCache();
        hidden = new HiddenStates(sequences.Sum(sequence => (long)sequence.Length), architecture.HiddenSize, MemoryLimit);
        samples = new(() => new SampleContext([.. sequences.Take(sampleSequenceCount)], cache, kernels));
        Embed(architecture.Input);
    }

    /// <summary>Shown the keys (after RoPE) and values of every piece, or null.</summary>
    public Action<Matrix, Matrix>? ObserveKeyValues
    {
        set => context.KeyValueObserver = value;
    }

    /// <summary>
    /// Runs a block on all sequences. With an observer it is shown the inputs of every group of linears, sequence by sequence. Where nothing is kept, the last group is not multiplied.
    /// </summary>
    /// <param name="keep">Whether the block's outputs become the hidden states.</param>
    /// <param name="observe">(group, x [tokens of one sequence, in]).</param>
    public void Run(DecoderBlock block, bool keep, Action<LinearGroup, Matrix>? observe, CancellationToken cancellation)
    {
        long firstRow = 0;
        foreach (int[][] piece in Pieces(sequences))
        {
            cancellation.ThrowIfCancellationRequested();
            int rows = piece.Sum(sequence => sequence.Length);
            Matrix states = context.Buffer("hidden", rows, hidden.Columns);
            hidden.Read(firstRow, states);
            RunPiece(block, piece, states, keep, observe);
            if (keep)
                hidden.Write(firstRow, states);
            firstRow += rows;
        }
    }

    /// <summary>The context that stands at a pass over the first sequences, to run a block's modules on their inputs again and again.</summary>
    public ForwardContext Samples => samples.Value.Context;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (samples.IsValueCreated)
            samples.Value.Dispose();
        hidden.Dispose();
        context.Dispose();
        cache.Dispose();
    }

    private void RunPiece(DecoderBlock block, int[][] piece, Matrix states, bool keep, Action<LinearGroup, Matrix>? observe)
    {
        using var pass = new SequencePass(piece, cache, context);
        if (observe is not null)
            foreach (LinearGroup group in block.Groups)
                group.Weights[0].Observer = x => pass.ForEachSequence(x, part => observe(group, part));
        SetOnlyObserved(block.Groups[^1], !keep);
        try
        {
            block.Forward(context, states);
        }
        finally
        {
            SetOnlyObserved(block.Groups[^1], false);
            foreach (LinearGroup group in block.Groups)
                group.Weights[0].Observer = null;
        }
    }

    private static void SetOnlyObserved(LinearGroup group, bool value)
    {
        foreach (Weight weight in group.Weights)
            weight.IsOnlyObserved = value;
    }

    private void Embed(InputLayer input)
    {
        long firstRow = 0;
        foreach (int[][] piece in Pieces(sequences))
        {
            using var pass = new SequencePass(piece, cache, context);
            int[] ids = [.. piece.SelectMany(sequence => sequence)];
            Matrix states = context.Buffer("hidden", ids.Length, hidden.Columns);
            input.Forward(context, ids, states);
            hidden.Write(firstRow, states);
            firstRow += ids.Length;
        }
    }

    private static IEnumerable<int[][]> Pieces(IReadOnlyList<int[]> sequences)
    {
        var piece = new List<int[]>();
        foreach (int[] sequence in sequences)
        {
            if (piece.Count > 0 && piece.Sum(other => other.Length) + sequence.Length > PassTokenCount)
            {
                yield return [.. piece];
                piece.Clear();
            }
            piece.Add(sequence);
        }
        if (piece.Count > 0)
            yield return [.. piece];
    }

    /// <summary>A pass over whole sequences, and the rows of each.</summary>
    private sealed class SequencePass : IDisposable
    {
        private readonly List<Sequence> open = [];
        private readonly int[] lengths;

        public SequencePass(IReadOnlyList<int[]> sequences, KeyValueCache cache, ForwardContext context)
        {
            lengths = [.. sequences.Select(sequence => sequence.Length)];
            var pass = new ForwardPass();
            foreach (int[] sequence in sequences)
            {
                open.Add(cache.NewSequence(sequence.Length));
                pass.Add(open[^1], sequence);
            }
            context.Begin(pass);
        }

        public void ForEachSequence(Matrix x, Action<Matrix> action)
        {
            int first = 0;
            foreach (int length in lengths)
            {
                action(x.Slice(first, length));
                first += length;
            }
        }

        public void Dispose() => open.ForEach(sequence => sequence.Dispose());
    }

    /// <summary>A context with the pass that it stands at.</summary>
    private sealed class SampleContext : IDisposable
    {
        private readonly SequencePass pass;

        public SampleContext(IReadOnlyList<int[]> sequences, KeyValueCache cache, Kernels kernels)
        {
            Context = new ForwardContext(kernels);
            pass = new SequencePass(sequences, cache, Context);
        }

        /// <summary>The context.</summary>
        public ForwardContext Context { get; }

        /// <inheritdoc/>
        public void Dispose()
        {
            pass.Dispose();
            Context.Dispose();
        }
    }
}
