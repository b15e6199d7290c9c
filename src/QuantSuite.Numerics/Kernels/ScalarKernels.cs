using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Numerics;

/// <summary>The definition of every operation: plain loops, one rounding a step. The other kernels are tested against it, bit for bit.</summary>
public unsafe class ScalarKernels : Kernels
{
    /// <summary>Kernels on so many threads (0: one for each processor).</summary>
    public ScalarKernels(int threadCount)
        : base(threadCount)
    {
    }

    /// <inheritdoc/>
    public override string Name => "scalar";

    /// <inheritdoc/>
    public override void Multiply(Matrix x, ReadOnlySpan<PanelMatrix> weights, ReadOnlySpan<Matrix> results)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            PanelMatrix weight = weights[i];
            Matrix y = results[i];
            CheckShapes(x.Rows, x.Columns, weight, y);
            Pool.Run(weight.PanelCount, panel => MultiplyPanel(x, weight, y, panel, continues: false));
        }
    }

    /// <inheritdoc/>
    public override void MultiplyAdd(Matrix x, PanelMatrix weight, Matrix y)
    {
        CheckShapes(x.Rows, x.Columns, weight, y);
        Pool.Run(weight.PanelCount, panel => MultiplyPanel(x, weight, y, panel, continues: true));
    }

    /// <inheritdoc/>
    public override void AddGram(Matrix x, SquareMatrix sum)
    {
        CheckGram(x, sum);
        Pool.Run(sum.Size, i =>
        {
            for (int j = i; j < sum.Size; j++)
                for (int first = 0; first < x.Rows; first += GramTokens)
                {
                    float chain = 0;
                    for (int t = first; t < Math.Min(x.Rows, first + GramTokens); t++)
                        chain = MathF.FusedMultiplyAdd(x[t, i], x[t, j], chain);
                    sum[i, j] += chain;
                }
        });
    }

    /// <inheritdoc/>
    public override void Multiply(QuantizedRows x, QuantizedMatrix weight, Matrix y)
    {
        CheckShapes(y.Rows, x.Columns, weight, y);
        RequireIntegers(weight);
        Pool.Run(weight.PanelCount, panel =>
        {
            int last = Math.Min(weight.Rows, (panel + 1) * PanelMatrix.PanelWidth);
            for (int n = panel * PanelMatrix.PanelWidth; n < last; n++)
                for (int m = 0; m < y.Rows; m++)
                    y[m, n] = IntegerDot(x, m, weight, n);
        });
    }

    /// <inheritdoc/>
    public override void QuantizeRows(Matrix x, IntegerFormat format, QuantizedRows destination, float? scale = null)
    {
        float limit = format.MiddleCode - 1;
        Pool.Run(x.Rows, m =>
        {
            Span<float> row = x.Row(m);
            float largest = 0;
            foreach (float value in row)
                largest = MathF.Max(largest, MathF.Abs(value));
            float own = scale ?? largest / limit;
            if (own == 0)
                own = 1;
            destination.Scales[m] = own;
            sbyte* codes = destination.Codes + (long)m * x.Columns;
            for (int k = 0; k < row.Length; k++)
                codes[k] = (sbyte)MathF.Max(-limit, MathF.Min(limit, MathF.Round(row[k] / own)));
        });
    }

    /// <inheritdoc/>
    public override void RoundRows(Matrix x, NumericFormat format, Matrix y) => Pool.Run(x.Rows, m =>
    {
        NumericFormat own = format.ForTensor(x.Row(m));
        int groupSize = format.DefaultGranularity.GroupSize(x.Columns);
        for (int first = 0; first < x.Columns; first += groupSize)
        {
            Range group = first..Math.Min(first + groupSize, x.Columns);
            RoundGroup(x.Row(m)[group], own, own.Fit(x.Row(m)[group], symmetric: true), y.Row(m)[group]);
        }
    });

    /// <inheritdoc/>
    public override void RoundGroups(Matrix x, int groupSize, IntegerFormat format) => Pool.Run(x.Rows, m =>
    {
        Span<float> row = x.Row(m);
        for (int first = 0; first < row.Length; first += groupSize)
        {
            Span<float> group = row.Slice(first, Math.Min(groupSize, row.Length - first));
            QuantGrid grid = format.Fit(group, symmetric: false);
            foreach (ref float value in group)
                value = format.Decode(format.Encode(value, grid), grid);
        }
    });

    /// <inheritdoc/>
    public override void Hadamard(Matrix x, HadamardTransform transform, bool inverse = false)
    {
        CheckTransform(x, transform);
        Pool.Run(x.Rows, m => TransformRow(x.Row(m), transform, inverse));
    }

    /// <inheritdoc/>
    public override void RmsNorm(Matrix x, ReadOnlySpan<float> weight, float epsilon, Matrix y)
    {
        fixed (float* pinned = weight)
        {
            float* factors = pinned;
            Pool.Run(x.Rows, m =>
            {
                Span<float> partials = stackalloc float[StridedSum.PartialCount];
                partials.Clear();
                Span<float> row = x.Row(m), result = y.Row(m);
                for (int k = 0; k < row.Length; k++)
                    partials[k % StridedSum.PartialCount] = MathF.FusedMultiplyAdd(row[k], row[k], partials[k % StridedSum.PartialCount]);
                float reciprocal = 1 / MathF.Sqrt(StridedSum.Combine(partials) / row.Length + epsilon);
                for (int k = 0; k < row.Length; k++)
                    result[k] = row[k] * reciprocal * factors[k];
            });
        }
    }

    /// <inheritdoc/>
    public override void LayerNorm(Matrix x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Matrix y)
    {
        float[] factors = weight.ToArray(), offsets = bias.ToArray();
        Pool.Run(x.Rows, m => NormalizeRow(x.Row(m), factors, offsets, epsilon, y.Row(m)));
    }

    /// <inheritdoc/>
    public override void Rotate(Matrix x, int headDim, Matrix cosines, Matrix sines, bool interleaved = false) => Pool.Run(x.Rows, m =>
    {
        Span<float> row = x.Row(m), cos = cosines.Row(m), sin = sines.Row(m);
        int first = interleaved ? 2 : 1, second = interleaved ? 1 : cos.Length;
        for (int head = 0; head < row.Length; head += headDim)
            for (int i = 0; i < cos.Length; i++)
            {
                ref float x0 = ref row[head + first * i], x1 = ref row[head + first * i + second];
                float a = x0, b = x1;
                x0 = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
                x1 = MathF.FusedMultiplyAdd(b, cos[i], a * sin[i]);
            }
    });

    /// <inheritdoc/>
    public override void StoreKeyValues(Matrix keys, Matrix values, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape)
    {
        foreach (AttentionSpan span in spans)
            for (int i = 0; i < span.RowCount; i++)
            {
                int position = span.FirstPosition + i, slot = position % AttentionShape.PageWidth;
                float* page = (float*)span.Pages[position / AttentionShape.PageWidth];
                ReadOnlySpan<float> key = keys.Row(span.FirstRow + i), value = values.Row(span.FirstRow + i);
                for (int head = 0; head < shape.KeyValueHeadCount; head++)
                {
                    float* keyPage = page + shape.KeyOffset(head);
                    float* valuePage = keyPage + shape.HeadFloats + slot * shape.HeadDim;
                    for (int d = 0; d < shape.HeadDim; d++)
                    {
                        keyPage[d * AttentionShape.PageWidth + slot] = key[head * shape.HeadDim + d];
                        valuePage[d] = value[head * shape.HeadDim + d];
                    }
                }
            }
    }

    /// <inheritdoc/>
    public override void RoundStored(ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, IntegerFormat format)
    {
        AttentionSpan[] all = spans.ToArray();
        Pool.Run(all.Length * shape.KeyValueHeadCount, task => ScalarAttention.RoundStored(all[task / shape.KeyValueHeadCount], shape, task % shape.KeyValueHeadCount, format.LastCode));
    }

    /// <inheritdoc/>
    public override void Attention(Matrix queries, ReadOnlySpan<AttentionSpan> spans, AttentionShape shape, Matrix output)
    {
        foreach (AttentionSpan span in spans)
            Pool.Run(span.RowCount * shape.HeadCount, task => ScalarAttention.Attend(queries, span, shape, output, task / shape.HeadCount, task % shape.HeadCount));
    }

    /// <inheritdoc/>
    public override void SiluMultiply(Matrix gate, Matrix up, Matrix y) => Pool.Run(gate.Rows, m =>
    {
        Span<float> g = gate.Row(m), u = up.Row(m), result = y.Row(m);
        for (int k = 0; k < g.Length; k++)
            result[k] = g[k] / (1 + ElementaryFunctions.Exp(-g[k])) * u[k];
    });

    /// <inheritdoc/>
    public override void Activate(Matrix x, Activation activation, Matrix y) => Pool.Run(x.Rows, m =>
    {
        Span<float> source = x.Row(m), result = y.Row(m);
        for (int k = 0; k < source.Length; k++)
            result[k] = ElementaryFunctions.Activate(activation, source[k]);
    });

    /// <inheritdoc/>
    public override void Convolve(Matrix x, Matrix taps, ReadOnlySpan<float> bias, ReadOnlySpan<StateSpan> spans, long offset, Matrix y)
    {
        float[] biases = bias.ToArray();
        StateSpan[] all = spans.ToArray();
        Pool.Run(x.Columns, channel => ScalarRecurrence.Convolve(x, taps, biases[channel], all, offset, y, channel));
    }

    /// <inheritdoc/>
    public override void Scan(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, ReadOnlySpan<float> d, ReadOnlySpan<StateSpan> spans, ScanShape shape, Matrix y)
    {
        float[] skips = d.ToArray();
        StateSpan[] all = spans.ToArray();
        Pool.Run(x.Columns, channel => ScalarRecurrence.Scan(x, dt, a, b, c, skips[channel], all, shape, y, channel));
    }

    /// <inheritdoc/>
    public override void SoftCap(Matrix x, float cap) => Pool.Run(x.Rows, m =>
    {
        foreach (ref float value in x.Row(m))
            value = cap * ElementaryFunctions.Tanh(value / cap);
    });

    /// <inheritdoc/>
    public override void MultiplyElements(Matrix x, Matrix y) => Pool.Run(x.Rows, m => Multiply(x.Row(m), y.Row(m)));

    /// <inheritdoc/>
    public override void MultiplyColumns(ReadOnlySpan<float> factors, Matrix y)
    {
        for (int m = 0; m < y.Rows; m++)
            Multiply(factors, y.Row(m));
    }

    /// <inheritdoc/>
    public override void Scale(Matrix x, float factor) => Pool.Run(x.Rows, m =>
    {
        foreach (ref float value in x.Row(m))
            value *= factor;
    });

    /// <inheritdoc/>
    public override void Add(Matrix x, Matrix y) => Pool.Run(x.Rows, m =>
    {
        Span<float> source = x.Row(m), target = y.Row(m);
        for (int k = 0; k < source.Length; k++)
            target[k] += source[k];
    });

    /// <inheritdoc/>
    public override void AddBias(ReadOnlySpan<float> bias, Matrix y)
    {
        for (int m = 0; m < y.Rows; m++)
        {
            Span<float> row = y.Row(m);
            for (int k = 0; k < row.Length; k++)
                row[k] += bias[k];
        }
    }

    /// <inheritdoc/>
    public override void LogSumExp(Matrix x, Span<double> logSumExp, Span<int> argMax)
    {
        Span<double> partials = stackalloc double[StridedSum.PartialCount];
        for (int m = 0; m < x.Rows; m++)
        {
            Span<float> row = x.Row(m);
            argMax[m] = FirstLargest(row);
            float largest = row[argMax[m]];
            partials.Clear();
            for (int k = 0; k < row.Length; k++)
                partials[k % StridedSum.PartialCount] += ElementaryFunctions.Exp(row[k] - largest);
            logSumExp[m] = largest + ElementaryFunctions.Log(StridedSum.Combine(partials));
        }
    }

    /// <summary>Throws where the sizes of a product do not fit together.</summary>
    protected static void CheckShapes(int rows, int columns, PanelMatrix weight, Matrix y)
    {
        if (columns != weight.Columns || y.Columns != weight.Rows || y.Rows != rows)
            throw new ArgumentException($"y [{y.Rows}, {y.Columns}] = x [{rows}, {columns}] · Wᵀ, W [{weight.Rows}, {weight.Columns}]: the sizes do not fit.");
    }

    /// <summary>The transform of one row, or its inverse.</summary>
    protected static void TransformRow(Span<float> row, HadamardTransform transform, bool inverse)
    {
        if (inverse)
            transform.ApplyInverse(row);
        else
            transform.Apply(row);
    }

    /// <summary>Throws unless the codes are integers.</summary>
    protected static void RequireIntegers(QuantizedMatrix weight)
    {
        if (weight.Format is not IntegerFormat)
            throw new ArgumentException($"Integer activations need integer weights, got {weight.Format}.", nameof(weight));
        if (weight.Zeros is not (null or ByteValues) || weight.Offsets is not null || weight.HasColumnGroups)
            throw new ArgumentException("Integer activations need groups of neighbours with integer zero points; these weights have real ones, offsets, or act-order.", nameof(weight));
    }

    /// <summary>The first index of the largest value; 0 where a NaN is in front of everything.</summary>
    protected static int FirstLargest(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int k = 1; k < row.Length; k++)
            if (row[k] > row[best])
                best = k;
        return best;
    }

    private protected virtual void RoundGroup(ReadOnlySpan<float> x, NumericFormat format, QuantGrid grid, Span<float> y)
    {
        for (int k = 0; k < x.Length; k++)
            y[k] = format.Decode(format.Encode(x[k], grid), grid);
    }

    private static void Multiply(ReadOnlySpan<float> x, Span<float> y)
    {
        for (int k = 0; k < y.Length; k++)
            y[k] *= x[k];
    }

    private static void NormalizeRow(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> y)
    {
        Span<float> partials = stackalloc float[StridedSum.PartialCount];
        partials.Clear();
        for (int k = 0; k < x.Length; k++)
            partials[k % StridedSum.PartialCount] += x[k];
        float mean = StridedSum.Combine(partials) / x.Length;
        partials.Clear();
        for (int k = 0; k < x.Length; k++)
            partials[k % StridedSum.PartialCount] = MathF.FusedMultiplyAdd(x[k] - mean, x[k] - mean, partials[k % StridedSum.PartialCount]);
        float reciprocal = 1 / MathF.Sqrt(StridedSum.Combine(partials) / x.Length + epsilon);
        for (int k = 0; k < x.Length; k++)
        {
            float value = (x[k] - mean) * reciprocal;
            if (!weight.IsEmpty)
                value = bias.IsEmpty ? value * weight[k] : MathF.FusedMultiplyAdd(value, weight[k], bias[k]);
            y[k] = value;
        }
    }

    private static void MultiplyPanel(Matrix x, PanelMatrix weight, Matrix y, int panel, bool continues)
    {
        const int Width = PanelMatrix.PanelWidth;
        using var decoded = new NativeBuffer((long)weight.Columns * Width * sizeof(float));
        var values = (float*)decoded.Pointer;
        weight.DecodePanel(panel, 0, weight.Columns, new Span<float>(values, weight.Columns * Width));
        int laneCount = Math.Min(Width, weight.Rows - panel * Width);
        for (int m = 0; m < x.Rows; m++)
        {
            Span<float> row = x.Row(m);
            for (int lane = 0; lane < laneCount; lane++)
            {
                float sum = continues ? y[m, panel * Width + lane] : 0;
                for (int k = 0; k < row.Length; k++)
                    sum = MathF.FusedMultiplyAdd(row[k], values[k * Width + lane], sum);
                y[m, panel * Width + lane] = sum;
            }
        }
    }

    private static float IntegerDot(QuantizedRows x, int m, QuantizedMatrix weight, int n)
    {
        sbyte* activations = x.Codes + (long)m * x.Columns;
        int chunk = IntegerChunk(weight);
        float sum = 0;
        for (int group = 0; group < weight.GroupCount; group++)
        {
            int end = Math.Min(weight.Columns, (group + 1) * weight.GroupSize), zero = (int)weight.Zero(n, group);
            for (int first = group * weight.GroupSize; first < end; first += chunk)
            {
                int exact = 0;
                for (int k = first; k < Math.Min(end, first + chunk); k++)
                    exact += activations[k] * (weight.Code(n, k) - zero);
                sum = MathF.FusedMultiplyAdd(exact, x.Scales[m] * weight.Scale(n, group), sum);
            }
        }
        return sum;
    }
}
