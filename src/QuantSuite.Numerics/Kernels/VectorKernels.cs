using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Numerics;

/// <summary>
/// What the kernels for AVX2 and AVX-512 share: everything but the register tiles. They differ from the definition in order of work only, never in the order
/// of an element's roundings: a lane is an output, a block of columns continues the chains, a row's sixteen partial sums are the sixteen lanes of a register.
/// </summary>
public abstract unsafe class VectorKernels : ScalarKernels
{
    /// <summary>Kernels on so many threads (0: one for each processor).</summary>
    protected VectorKernels(int threadCount)
        : base(threadCount)
    {
    }

    /// <summary>Whether products of integers use VNNI (256 bits of it), as they do where the processor has it; the bits are the same.</summary>
    public bool MultipliesBytes { get; init; } = AvxVnni.IsSupported;

    /// <inheritdoc/>
    public override void Multiply(Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results)
    {
        for (int i = 0; i < weights.Length; i++)
            CheckShapes(x.Rows, x.Columns, weights[i], results[i]);
        new PanelProduct(MultiplyStrip, x, weights, results).Run(Pool);
    }

    /// <inheritdoc/>
    public override void MultiplyAdd(Matrix x, PanelMatrix weight, Matrix y)
    {
        CheckShapes(x.Rows, x.Columns, weight, y);
        new PanelProduct(MultiplyStrip, x, [weight], [y], continues: true).Run(Pool);
    }

    /// <inheritdoc/>
    public override void AddGram(Matrix x, SquareMatrix sum)
    {
        CheckGram(x, sum);
        using var product = new GramProduct(MultiplyStrip, x, sum, GramTokens);
        product.Run(Pool);
    }

    /// <inheritdoc/>
    public override void Multiply(QuantizedRows x, QuantizedMatrix weight, Matrix y)
    {
        CheckShapes(y.Rows, x.Columns, weight, y);
        RequireIntegers(weight);
        IntegerProduct product = MultipliesBytes && ByteSegments.Supports(weight) ? new ByteSegments(x, weight, y) : new FloatSegments(MultiplyStrip, x, weight, y);
        product.Run(Pool);
    }

    /// <inheritdoc/>
    public override void QuantizeRows(Matrix x, IntegerFormat format, QuantizedRows destination, float? scale = null) => RunRows(x, m =>
        destination.Scales[m] = VectorMath.QuantizeRow(RowOf(x, m), destination.Codes + (long)m * x.Columns, x.Columns, format.MiddleCode - 1, scale));

    /// <inheritdoc/>
    public override void RoundGroups(Matrix x, int groupSize, IntegerFormat format)
    {
        if (format.Range == IntegerRange.Tight)
        {
            base.RoundGroups(x, groupSize, format);
            return;
        }
        RunRows(x, m =>
        {
            float* row = RowOf(x, m);
            for (int first = 0; first < x.Columns; first += groupSize)
                VectorMath.RoundGroup(row + first, Math.Min(groupSize, x.Columns - first), format.LastCode);
        });
    }

    /// <inheritdoc/>
    public override void Hadamard(Matrix x, HadamardTransform transform, bool inverse = false)
    {
        CheckTransform(x, transform);
        if (VectorHadamard.Supports(transform))
            RunRows(x, m => VectorHadamard.Transform(RowOf(x, m), transform, inverse));
        else
            RunRows(x, m => TransformRow(x.Row(m), transform, inverse));
    }

    /// <inheritdoc/>
    public override void RmsNorm(Matrix x, ReadOnlySpan<float> weight, float epsilon, Matrix y)
    {
        fixed (float* pinned = weight)
        {
            float* factors = pinned;
            RunRows(x, m => VectorMath.RmsNorm(RowOf(x, m), factors, epsilon, RowOf(y, m), x.Columns));
        }
    }

    /// <inheritdoc/>
    public override void LayerNorm(Matrix x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Matrix y)
    {
        fixed (float* pinnedWeight = weight, pinnedBias = bias)
        {
            float* factors = pinnedWeight, offsets = pinnedBias;
            RunRows(x, m => VectorRows.LayerNorm(RowOf(x, m), factors, offsets, epsilon, RowOf(y, m), x.Columns));
        }
    }

    /// <inheritdoc/>
    public override void Rotate(Matrix x, int headDim, Matrix cosines, Matrix sines, bool interleaved = false) => RunRows(x, m =>
    {
        float* row = RowOf(x, m);
        for (int head = 0; head < x.Columns; head += headDim)
            if (interleaved)
                VectorRows.RotateInterleaved(row + head, RowOf(cosines, m), RowOf(sines, m), cosines.Columns);
            else
                VectorMath.Rotate(row + head, RowOf(cosines, m), RowOf(sines, m), cosines.Columns);
    });

    /// <inheritdoc/>
    public override void SiluMultiply(Matrix gate, Matrix up, Matrix y) =>
        RunRows(gate, m => VectorMath.SiluMultiply(RowOf(gate, m), RowOf(up, m), RowOf(y, m), gate.Columns));

    /// <inheritdoc/>
    public override void Activate(Matrix x, Activation activation, Matrix y) =>
        RunRows(x, m => VectorActivations.Activate(activation, RowOf(x, m), RowOf(y, m), x.Columns));

    /// <inheritdoc/>
    public override void Convolve(Matrix x, Matrix taps, ReadOnlySpan<float> bias, ReadOnlySpan<StateSpan> spans, long offset, Matrix y)
    {
        fixed (float* pinned = bias)
            new VectorRecurrence(Pool, spans).Convolve(x, taps, pinned, offset, y);
    }

    /// <inheritdoc/>
    public override void Scan(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, ReadOnlySpan<float> d, ReadOnlySpan<StateSpan> spans, ScanShape shape, Matrix y)
    {
        fixed (float* pinned = d)
            new VectorRecurrence(Pool, spans).Scan(x, dt, a, b, c, pinned, shape, y);
    }

    /// <inheritdoc/>
    public override void SoftCap(Matrix x, float cap) => RunRows(x, m => VectorActivations.SoftCap(RowOf(x, m), cap, x.Columns));

    /// <inheritdoc/>
    public override void MultiplyElements(Matrix x, Matrix y) => RunRows(x, m => VectorRows.Multiply(RowOf(x, m), RowOf(y, m), x.Columns));

    /// <inheritdoc/>
    public override void MultiplyColumns(ReadOnlySpan<float> factors, Matrix y)
    {
        fixed (float* pinned = factors)
        {
            float* source = pinned;
            RunRows(y, m => VectorRows.Multiply(source, RowOf(y, m), y.Columns));
        }
    }

    /// <inheritdoc/>
    public override void Scale(Matrix x, float factor) => RunRows(x, m => VectorRows.Scale(RowOf(x, m), factor, x.Columns));

    /// <inheritdoc/>
    public override void Add(Matrix x, Matrix y) => RunRows(x, m => VectorMath.Add(RowOf(x, m), RowOf(y, m), x.Columns));

    /// <inheritdoc/>
    public override void AddBias(ReadOnlySpan<float> bias, Matrix y)
    {
        fixed (float* pinned = bias)
        {
            float* source = pinned;
            RunRows(y, m => VectorMath.Add(source, RowOf(y, m), y.Columns));
        }
    }

    /// <inheritdoc/>
    public override void LogSumExp(Matrix x, Span<double> logSumExp, Span<int> argMax)
    {
        fixed (double* pinnedSums = logSumExp)
        fixed (int* pinnedIndices = argMax)
        {
            double* sums = pinnedSums;
            int* indices = pinnedIndices;
            Pool.Run(x.Rows, m => (sums[m], indices[m]) = VectorMath.LogSumExp(RowOf(x, m), x.Columns));
        }
    }

    /// <inheritdoc/>
    public override void StoreKeyValues(Matrix keys, Matrix values, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape) =>
        VectorAttention.Store(Pool, keys, values, spans, shape);

    /// <inheritdoc/>
    public override void Attention(Matrix queries, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, Matrix output) =>
        new VectorAttention(MultiplyStrip, queries, spans, shape, output).Run(Pool);

    private protected override void RoundGroup(ReadOnlySpan<float> x, NumericFormat format, QuantGrid grid, Span<float> y)
    {
        if (format is TableFormat { Elements: { } elements } table && grid.Scale > 0)
            fixed (float* source = x, target = y)
                VectorMath.RoundToMinifloat(source, target, x.Length, grid.Scale, elements, table.Largest);
        else
            base.RoundGroup(x, format, grid, y);
    }

    private protected abstract void MultiplyStrip(in Strip strip);

    private static float* RowOf(Matrix matrix, int row) => matrix.Pointer + (long)row * matrix.Columns;

    // Rows in tasks of some microseconds.
    private void RunRows(Matrix x, Action<int> body)
    {
        int perTask = Math.Max(1, 8192 / Math.Max(1, x.Columns));
        if (x.Rows <= perTask)
            for (int m = 0; m < x.Rows; m++)
                body(m);
        else
            Pool.Run((x.Rows + perTask - 1) / perTask, task =>
            {
                int end = Math.Min(x.Rows, (task + 1) * perTask);
                for (int m = task * perTask; m < end; m++)
                    body(m);
            });
    }
}
