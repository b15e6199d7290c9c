using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Numerics;

/// <summary>
/// The operations that a device supplies. <see cref="ScalarKernels"/> defines what each one means, down to the order of its roundings; every other class overrides
/// operation by operation and gives the same bits. Nothing depends on the number of threads or on the other rows of a batch.
/// </summary>
public abstract class Kernels : IDisposable
{
    /// <summary>The environment variable that overrides the choice of kernels: scalar, avx2, avx512.</summary>
    public const string EnvironmentVariable = "QUANTSUITE_KERNELS";

    /// <summary>Tokens of one chain of <see cref="AddGram"/>.</summary>
    public const int GramTokens = 256;

    /// <summary>Kernels on a pool of so many threads (0: one for each processor).</summary>
    protected Kernels(int threadCount) => Pool = new WorkerPool(threadCount);

    /// <summary>The kernels of this name, or the fastest that the processor has (the environment variable overrides), on so many threads (0: one for each processor).</summary>
    /// <exception cref="ArgumentException">No kernels have this name, or the processor lacks what they need.</exception>
    public static Kernels Create(int threadCount = 0, string? name = null)
    {
        name ??= Environment.GetEnvironmentVariable(EnvironmentVariable);
        return name switch
        {
            null or "" => Avx512Kernels.IsSupported ? new Avx512Kernels(threadCount)
                : Avx2Kernels.IsSupported ? new Avx2Kernels(threadCount)
                : new ScalarKernels(threadCount),
            "avx512" => new Avx512Kernels(threadCount),
            "avx2" => new Avx2Kernels(threadCount),
            "scalar" => new ScalarKernels(threadCount),
            _ => throw new ArgumentException($"Unknown kernels '{name}'; there are: scalar, avx2, avx512."),
        };
    }

    /// <summary>The name in the environment variable and in results.</summary>
    public abstract string Name { get; }

    /// <summary>Threads that take part.</summary>
    public int ThreadCount => Pool.ThreadCount;

    /// <summary>The threads.</summary>
    protected WorkerPool Pool { get; }

    /// <summary>Calls <paramref name="task"/> with 0 … taskCount−1 on the threads of the pool; not reentrant. Which thread runs a task must reach no number.</summary>
    public void Parallel(int taskCount, Action<int> task) => Pool.Run(taskCount, task);

    /// <summary>y[m, n] = the chain of fused multiply-adds x[m, k]·w[n, k] over ascending k, from +0.</summary>
    /// <param name="x">[tokens, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="y">[tokens, out], overwritten.</param>
    public void Multiply(Matrix x, PanelMatrix weight, Matrix y) => Multiply(x, [weight], [y]);

    /// <summary>The same for several weights that read one input, in one parallel region.</summary>
    public abstract void Multiply(Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results);

    /// <summary>y[m, n] goes on as the chain of fused multiply-adds x[m, k]·w[n, k] over ascending k, from what y holds.</summary>
    public abstract void MultiplyAdd(Matrix x, PanelMatrix weight, Matrix y);

    /// <summary>
    /// sum[i, j] += Σ x[t, i]·x[t, j] for i ≤ j: over every <see cref="GramTokens"/> tokens one chain of fused multiply-adds in float32, from +0, then added in double. What lies below
    /// the diagonal may change; <see cref="SquareMatrix.Mirror"/> fills it when all is added.
    /// </summary>
    /// <param name="x">[tokens, size].</param>
    /// <param name="sum">[size, size].</param>
    public abstract void AddGram(Matrix x, SquareMatrix sum);

    /// <summary>
    /// y[m, n] with integer activations: inside each weight group, and at most <see cref="IntegerChunk"/> columns at a time, the exact integer sum of
    /// a·(q − z); then one fused multiply-add by fl(scale of the row · scale of the group), ascending, from +0. Integer weights only.
    /// </summary>
    public abstract void Multiply(QuantizedRows x, QuantizedMatrix weight, Matrix y);

    /// <summary>
    /// LLM.int8(): the integer product over all columns, where the codes of the outlier columns are 0, then one fused multiply-add per outlier column, ascending, of the
    /// float32 input and the weight's value.
    /// </summary>
    /// <param name="x">[tokens, in].</param>
    /// <param name="codes">The same rows by <see cref="QuantizeRows(Matrix, IntegerFormat, ReadOnlySpan{int}, float, QuantizedRows)"/>, without the outlier columns.</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="y">[tokens, out], overwritten.</param>
    public void Multiply(Matrix x, QuantizedRows codes, MixedColumns weight, Matrix y)
    {
        Multiply(codes, weight.Inliers, y);
        if (weight.Outliers is null)
            return;
        using var outliers = new Matrix(x.Rows, weight.OutlierColumns.Length);
        for (int row = 0; row < x.Rows; row++)
            for (int i = 0; i < weight.OutlierColumns.Length; i++)
                outliers[row, i] = x[row, weight.OutlierColumns[i]];
        MultiplyAdd(outliers, weight.Outliers, y);
    }

    /// <summary>
    /// Codes of each row without its outlier columns, whose codes are 0. An entry of an outlier column counts towards the row's largest only where its magnitude is below
    /// <paramref name="threshold"/>: 0 leaves these columns out altogether (the paper of LLM.int8()), 6 counts their small entries (bitsandbytes).
    /// </summary>
    public void QuantizeRows(Matrix x, IntegerFormat format, ReadOnlySpan<int> outlierColumns, float threshold, QuantizedRows destination)
    {
        using var counted = new Matrix(x.Rows, x.Columns);
        for (int row = 0; row < x.Rows; row++)
        {
            x.Row(row).CopyTo(counted.Row(row));
            foreach (int column in outlierColumns)
                if (!(MathF.Abs(x[row, column]) < threshold))
                    counted[row, column] = 0;
        }
        QuantizeRows(counted, format, destination);
        for (int row = 0; row < x.Rows; row++)
            foreach (int column in outlierColumns)
                destination.Row(row)[column] = 0;
    }

    /// <summary>Rotates each row, in place: <see cref="HadamardTransform.Apply(Span{float})"/>, or its inverse.</summary>
    /// <param name="x">[tokens, the transform's size].</param>
    /// <param name="transform">Signs, runs and factors; the order of its sums is the definition.</param>
    /// <param name="inverse">Whether to turn back.</param>
    public abstract void Hadamard(Matrix x, HadamardTransform transform, bool inverse = false);

    /// <summary>Codes of each row: s = max|x| / 127 (1 for a row of zeros), a = clamp(rint(x/s), −127, 127) for 8 bits; 2ᵇ⁻¹−1 in general.</summary>
    /// <param name="scale">The s of all rows, known beforehand (static), or null for each row's own (dynamic).</param>
    public abstract void QuantizeRows(Matrix x, IntegerFormat format, QuantizedRows destination, float? scale = null);

    /// <summary>
    /// y = the values of x that a format keeps, for activations that are no integers: symmetric, a scale for each row or, where the format has blocks, for each block of a row;
    /// a scale of the whole tensor (NVFP4) is the row's, so that no row depends on another. A row or block with NaN or infinity becomes NaN. y may be x.
    /// </summary>
    public abstract void RoundRows(Matrix x, NumericFormat format, Matrix y);

    /// <summary>Rounds each group of neighbours of each row to an asymmetric grid of its own, in place: the value that the KV cache holds.</summary>
    public abstract void RoundGroups(Matrix x, int groupSize, IntegerFormat format);

    /// <summary>y = fl(fl(x·r)·weight), r = 1/√(Σx²/n + epsilon), the sum strided.</summary>
    public abstract void RmsNorm(Matrix x, ReadOnlySpan<float> weight, float epsilon, Matrix y);

    /// <summary>
    /// y = (x − mean)·r·weight + bias: mean = Σx/n and r = 1/√(Σ(x − mean)²/n + epsilon), both sums strided; then fma(fl(fl(x − mean)·r), weight, bias).
    /// </summary>
    /// <param name="weight">[columns], or empty for none (and no bias).</param>
    /// <param name="bias">[columns], or empty for none.</param>
    public abstract void LayerNorm(Matrix x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Matrix y);

    /// <summary>
    /// Rotary embedding of each head, in place, pairs (i, i + d/2), or (2i, 2i + 1) where interleaved: a' = fma(a, cos, −fl(b·sin)), b' = fma(b, cos, fl(a·sin)).
    /// </summary>
    /// <param name="x">[tokens, heads·headDim].</param>
    /// <param name="headDim">Size of a head.</param>
    /// <param name="cosines">[tokens, rotated/2] for the token's position; rotated ≤ headDim dimensions at the front of each head turn.</param>
    /// <param name="sines">[tokens, rotated/2].</param>
    /// <param name="interleaved">Whether the two of a pair are neighbours.</param>
    public abstract void Rotate(Matrix x, int headDim, Matrix cosines, Matrix sines, bool interleaved = false);

    /// <summary>Puts the keys and values [tokens, kvHeads·headDim] of the spans' rows in their pages.</summary>
    public abstract void StoreKeyValues(Matrix keys, Matrix values, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape);

    /// <summary>
    /// Fills the rounded half of a <see cref="KiviCache"/>'s pages once the spans' keys and values are stored: values of the spans' rows, in groups of a head's channels, and each channel
    /// of the groups of tokens that the spans complete.
    /// </summary>
    public abstract void RoundStored(ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, IntegerFormat format);

    /// <summary>
    /// Causal attention, over rounded and float32 keys and values as <see cref="AttentionShape.Kivi"/> says.
    /// With q' = fl(q·Scale), for positions j ≤ the row's own (the last <see cref="AttentionShape.Window"/> of them): s(j) = chain of fma over the head's dimensions, then, where the
    /// shape asks for it, fl(cap·tanh(fl(s/cap))), then fl(s + bias of head and j); m = max s; e(j) = exp(s(j) − m);
    /// S = sum of e, strided by the position's remainder of 16; output = fl(chain over j of fma(e(j), v(j)) / S). Masked positions are skipped.
    /// </summary>
    /// <param name="queries">[tokens, heads·headDim].</param>
    /// <param name="output">[tokens, heads·headDim], overwritten.</param>
    public abstract void Attention(Matrix queries, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, Matrix output);

    /// <summary>y = fl(fl(gate / fl(1 + exp(−gate)))·up): SwiGLU. y may be gate.</summary>
    public abstract void SiluMultiply(Matrix gate, Matrix up, Matrix y);

    /// <summary>
    /// Causal depthwise convolution: y[t, c] = the chain of fused multiply-adds x[t − K + 1 + k, c]·taps[k, c] over ascending k, from the bias; what lies before the span's first row is the
    /// sequence's state [K − 1, channels], which then holds the last K − 1 rows. y may be x.
    /// </summary>
    /// <param name="taps">[K, channels].</param>
    /// <param name="bias">[channels].</param>
    /// <param name="offset">Floats before the layer's rows in a sequence's state.</param>
    public abstract void Convolve(Matrix x, Matrix taps, ReadOnlySpan<float> bias, ReadOnlySpan<StateSpan> spans, long offset, Matrix y);

    /// <summary>
    /// The recurrence of a selective state space, token by token: h[n, c] = fma(exp(fl(dt·A)), h, fl(fl(dt·x)·B[n])); y = fma(D, x, the chain of fma(h[n, c], C[n]) over ascending n, from +0).
    /// </summary>
    /// <param name="x">[tokens, channels].</param>
    /// <param name="dt">[tokens, channels].</param>
    /// <param name="a">A by state and channel, [StateSize, channels], or [1, channels] where all states of a channel share it.</param>
    /// <param name="b">[tokens, groups·StateSize].</param>
    /// <param name="c">[tokens, groups·StateSize].</param>
    /// <param name="d">[channels].</param>
    /// <param name="y">[tokens, channels], overwritten.</param>
    public abstract void Scan(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, ReadOnlySpan<float> d, ReadOnlySpan<StateSpan> spans, ScanShape shape, Matrix y);

    /// <summary>y = f(x), element by element (<see cref="ElementaryFunctions.Activate"/>). y may be x.</summary>
    public abstract void Activate(Matrix x, Activation activation, Matrix y);

    /// <summary>x = fl(cap·tanh(fl(x / cap))), in place.</summary>
    public abstract void SoftCap(Matrix x, float cap);

    /// <summary>y *= x, element by element.</summary>
    public abstract void MultiplyElements(Matrix x, Matrix y);

    /// <summary>y *= factors, for each row.</summary>
    public abstract void MultiplyColumns(ReadOnlySpan<float> factors, Matrix y);

    /// <summary>x *= factor.</summary>
    public abstract void Scale(Matrix x, float factor);

    /// <summary>y += x.</summary>
    public abstract void Add(Matrix x, Matrix y);

    /// <summary>y += bias, for each row.</summary>
    public abstract void AddBias(ReadOnlySpan<float> bias, Matrix y);

    /// <summary>For each row: ln Σ eˣ in double (exponentials float32 of x − max, 16 strided partial sums in double), and the first index of the largest value; NaN gives NaN and 0.</summary>
    public abstract void LogSumExp(Matrix x, Span<double> logSumExp, Span<int> argMax);

    /// <summary>The most columns of one exact integer sum: 1,024 for symmetric weights (|q − z| ≤ 128), 512 where |q − z| may reach 255.</summary>
    public static int IntegerChunk(QuantizedMatrix weight) => weight.IsSymmetric || weight.Format.Bits < 8 ? 1024 : 512;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Pool.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Throws where inputs and the sums of their products differ in size.</summary>
    protected static void CheckGram(Matrix x, SquareMatrix sum)
    {
        if (x.Columns != sum.Size)
            throw new ArgumentException($"Sums of [{sum.Size}, {sum.Size}] got inputs of {x.Columns} channels.", nameof(x));
    }

    /// <summary>Throws where rows have another size than the transform.</summary>
    protected static void CheckTransform(Matrix x, HadamardTransform transform)
    {
        if (x.Columns != transform.Size)
            throw new ArgumentException($"A Hadamard transform of {transform.Size} columns got rows of {x.Columns}.", nameof(transform));
    }
}
