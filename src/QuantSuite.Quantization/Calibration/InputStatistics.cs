using System.Runtime.Intrinsics;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Calibration;

/// <summary>What is known of the inputs x of a group of linears over the calibration text: gathered piece by piece, so that memory does not grow with the text.</summary>
public sealed class InputStatistics : IDisposable
{
    /// <summary>Sequences whose inputs are kept where samples are asked for, unless told otherwise.</summary>
    public const int SampleSequenceCount = 16;

    private readonly CalibrationNeeds needs;
    private readonly double[] absSum;
    private readonly SquareMatrix? sum;
    private readonly int sampleLimit;
    private readonly List<int> sampleRowCounts = [];
    private bool hasLowerSum;
    private Matrix? sampled;

    /// <summary>Statistics of inputs with so many channels.</summary>
    /// <param name="columns">Channels.</param>
    /// <param name="needs">What to gather.</param>
    /// <param name="sampleSequenceCount">Sequences whose inputs are kept where <paramref name="needs"/> asks for samples.</param>
    public InputStatistics(int columns, CalibrationNeeds needs, int sampleSequenceCount = SampleSequenceCount)
    {
        sampleLimit = sampleSequenceCount;
        Columns = columns;
        this.needs = needs;
        AbsMax = new float[columns];
        absSum = new double[columns];
        if (needs.HasFlag(CalibrationNeeds.Hessian))
            sum = new SquareMatrix(columns);
    }

    /// <summary>Input channels.</summary>
    public int Columns { get; }

    /// <summary>Tokens seen.</summary>
    public long TokenCount { get; private set; }

    /// <summary>Sequences seen: the n of GPTQ's H = (2/n) Σ x xᵀ.</summary>
    public int SequenceCount { get; private set; }

    /// <summary>max |x| by channel.</summary>
    public float[] AbsMax { get; }

    /// <summary>mean |x| by channel.</summary>
    public float[] AbsMean => Array.ConvertAll(absSum, sum => TokenCount == 0 ? 0 : (float)(sum / TokenCount));

    /// <summary>Whether every input so far was a finite number.</summary>
    public bool IsFinite => absSum.All(double.IsFinite);

    /// <summary>Σ x xᵀ in double, or null where no Hessian was asked for.</summary>
    public SquareMatrix? Sum
    {
        get
        {
            if (!hasLowerSum)
                sum?.Mirror();
            hasLowerSum = true;
            return sum;
        }
    }

    /// <summary>The inputs of the first sequences, one after the other, [tokens, channels]; null where no samples were asked for.</summary>
    public Matrix? Sampled => sampled?.Slice(0, sampleRowCounts.Sum());

    /// <summary>The same cut in sequences.</summary>
    public IReadOnlyList<Matrix> Samples => [.. sampleRowCounts.Select((count, i) => sampled!.Slice(sampleRowCounts.Take(i).Sum(), count))];

    /// <summary>GPTQ's H = (2/n) Σ x xᵀ, n the sequences: a copy.</summary>
    /// <exception cref="InvalidOperationException">No Hessian was asked for, or no sequence was seen.</exception>
    public SquareMatrix Hessian()
    {
        if (Sum is null || SequenceCount == 0)
            throw new InvalidOperationException("No inputs were gathered for a Hessian.");
        SquareMatrix hessian = Sum.Copy();
        hessian.Scale(2.0 / SequenceCount);
        return hessian;
    }

    /// <summary>Takes the inputs of one whole sequence [tokens, channels].</summary>
    public void Add(Matrix x, Kernels kernels)
    {
        if (x.Columns != Columns)
            throw new ArgumentException($"Statistics of {Columns} channels, got inputs of {x.Columns}.", nameof(x));
        TokenCount += x.Rows;
        SequenceCount++;
        AddMagnitudes(x, kernels);
        if (sum is not null)
            kernels.AddGram(x, sum);
        hasLowerSum = false;
        if (needs.HasFlag(CalibrationNeeds.Samples) && sampleRowCounts.Count < sampleLimit)
            KeepSample(x);
    }

    /// <summary>What the statistics are after each channel of the inputs was divided by its scale.</summary>
    /// <param name="scales">[channels].</param>
    public void Divide(ReadOnlySpan<float> scales)
    {
        for (int column = 0; column < Columns; column++)
        {
            AbsMax[column] /= scales[column];
            absSum[column] /= scales[column];
        }
        for (int row = 0; row < Sampled?.Rows; row++)
        {
            Span<float> values = sampled!.Row(row);
            for (int column = 0; column < values.Length; column++)
                values[column] /= scales[column];
        }
        Sum?.DivideRowsAndColumns(scales);
    }

    /// <summary>What the statistics are after the inputs were mapped. Magnitudes are not known then: they become NaN.</summary>
    public void Transform(RowTransform transform, Kernels kernels)
    {
        Array.Fill(AbsMax, float.NaN);
        Array.Fill(absSum, double.NaN);
        if (Sampled is { } samples)
            transform.Apply(samples, kernels);
        Sum?.Transform(transform);
    }

    /// <inheritdoc/>
    public void Dispose() => sampled?.Dispose();

    // Room for twice as many whenever it is full.
    private void KeepSample(Matrix x)
    {
        int first = sampleRowCounts.Sum(), last = first + x.Rows;
        if (sampled is null || sampled.Rows < last)
        {
            var larger = new Matrix(Math.Max(last, 2 * first), Columns);
            Sampled?.Span.CopyTo(larger.Span);
            sampled?.Dispose();
            sampled = larger;
        }
        x.Span.CopyTo(sampled.Slice(first, x.Rows).Span);
        sampleRowCounts.Add(x.Rows);
    }

    // One chain of float32 sums a channel and sequence, joined in double.
    private unsafe void AddMagnitudes(Matrix x, Kernels kernels)
    {
        int width = Vector512<float>.Count;
        kernels.Parallel((Columns + width - 1) / width, strip =>
        {
            int first = strip * width, count = Math.Min(width, Columns - first);
            var mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
            Vector512<float> max = default, sum = default;
            float* source = x.Pointer + first;
            for (int row = 0; row < x.Rows; row++, source += x.Columns)
            {
                Vector512<float> magnitudes = Vector512.Abs(Vector512.Load(source)) & mask;
                max = Vector512.Max(max, magnitudes);
                sum += magnitudes;
            }
            for (int lane = 0; lane < count; lane++)
            {
                AbsMax[first + lane] = MathF.Max(AbsMax[first + lane], max[lane]);
                absSum[first + lane] += sum[lane];
            }
        });
    }
}
