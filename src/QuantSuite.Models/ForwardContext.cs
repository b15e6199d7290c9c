using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models;

/// <summary>What a block needs besides its input: kernels, the batch's spans and rotary angles, the cache's format, and buffers that are reused.</summary>
public sealed class ForwardContext : IDisposable
{
    private readonly Dictionary<string, Matrix> buffers = [];
    private AttentionSpan[] attention = [];
    private AttentionSpan[] stores = [];
    private StateSpan[] states = [];
    private IReadOnlyList<int> positions = [];
    private IReadOnlyList<int> finalLengths = [];

    /// <summary>A context on these kernels.</summary>
    public ForwardContext(Kernels kernels) => Kernels = kernels;

    /// <summary>The operations.</summary>
    public Kernels Kernels { get; }

    /// <summary>Format of keys and values, or null for float32.</summary>
    public IntegerFormat? KeyValueFormat { get; set; }

    /// <summary>Neighbours that share a scale in the cache; 0 for the whole head.</summary>
    public int KeyValueGroup { get; set; }

    /// <summary>KIVI's rule of what is rounded, or null: every key and value, per token.</summary>
    public KiviCache? Kivi { get; set; }

    /// <summary>Turns each head of queries and keys after RoPE, which leaves their products alone, where the cache is quantized; or null.</summary>
    public RowTransform? HeadRotation { get; set; }

    /// <summary>Shown the keys (after RoPE) and values [tokens, kvHeads·headDim] of every attention before they are rounded. Null shows nobody.</summary>
    public Action<Matrix, Matrix>? KeyValueObserver { get; set; }

    /// <summary>Positions by row.</summary>
    public IReadOnlyList<int> Positions => positions;

    /// <summary>Declared final lengths of the rows' sequences.</summary>
    public IReadOnlyList<int> FinalLengths => finalLengths;

    /// <summary>Rows whose embedding is a feature of an image.</summary>
    public IReadOnlyList<(int Row, Matrix Features, int Index)> Features { get; private set; } = [];

    /// <summary>Positions of the longest sequence.</summary>
    public int LongestLength { get; private set; }

    /// <summary>Counts passes, so that a layer can keep what it made for one.</summary>
    public int PassNumber { get; private set; }

    /// <summary>Spans that attend.</summary>
    public ReadOnlySpan<AttentionSpan> AttentionSpans => attention;

    /// <summary>Spans that are stored.</summary>
    public ReadOnlySpan<AttentionSpan> StoreSpans => stores;

    /// <summary>Spans that go on from a state.</summary>
    public ReadOnlySpan<StateSpan> StateSpans => states;

    /// <summary>Takes up a pass.</summary>
    public void Begin(ForwardPass pass)
    {
        attention = pass.AttentionSpans();
        stores = pass.StoreSpans();
        states = pass.StateSpans();
        positions = pass.Positions;
        finalLengths = pass.FinalLengths;
        Features = pass.Features;
        LongestLength = 0;
        foreach (AttentionSpan span in attention)
            LongestLength = Math.Max(LongestLength, span.FirstPosition + span.RowCount);
        PassNumber++;
    }

    /// <summary>A buffer of this name with so many rows and columns; its contents are whatever was left there.</summary>
    public Matrix Buffer(string name, int rows, int columns)
    {
        if (!buffers.TryGetValue(name, out Matrix? buffer) || buffer.Rows < rows || buffer.Columns != columns)
        {
            int capacity = Math.Max(rows, buffer is not null && buffer.Columns == columns ? Math.Min(2 * buffer.Rows, 4096) : 0);
            buffer?.Dispose();
            buffers[name] = buffer = new Matrix(capacity, columns);
        }
        return buffer.Slice(0, rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix buffer in buffers.Values)
            buffer.Dispose();
        buffers.Clear();
    }
}
