using System.Runtime.Intrinsics;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Calibration;

/// <summary>What is known of the inputs x of a group of linears over the calibration text: gathered piece by piece, so that memory does not grow with the text.</summary>
public sealed class InputStatistics : IDisposable
{
    /// <summary>Sequences whose inputs are kept where samples are asked for.</summary>
    public const int DefaultSampleSequenceCount = 16;

    private readonly CalibrationNeeds needs;
    private readonly double[] absSum;
    private readonly List<Matrix> samples = [];
    private readonly SquareMatrix? sum;
    private bool hasLowerSum;
    private int sampledSequenceCount;

    /// <summary>Statistics of inputs with so many channels.</summary>
    /// <param name="columns">Channels.</param>
    /// <param name="needs">What to gather.</param>
    /// <param name="sampleSequenceCount">Sequences whose inputs are kept where <paramref name="needs"/> asks for samples.</param>
    public InputStatistics(int columns, CalibrationNeeds needs, int sampleSequenceCount = DefaultSampleSequenceCount)
    {
        Columns = columns;
        this.needs = needs;
        SampleSequenceLimit = sampleSequenceCount;
        AbsMax = new float[columns];
        absSum = new double[columns];
        if (needs.HasFlag(CalibrationNeeds.Hessian))
            sum = new SquareMatrix(columns);
    }

    /// <summary>Input channels.</summary>
    public int Columns { get; }

    /// <summary>The most sequences whose inputs are kept.</summary>
    public int SampleSequenceLimit { get; }

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

    /// <summary>The inputs of the first sequences, each [tokens, channels]; empty where no samples were asked for.</summary>
    public IReadOnlyList<Matrix> Samples => samples;

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
        sum?.AddGram(x, kernels);
        hasLowerSum = false;
        if (needs.HasFlag(CalibrationNeeds.Samples) && sampledSequenceCount++ < SampleSequenceLimit)
            samples.Add(new Matrix(x.Rows, x.Columns, x.Span));
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
        foreach (Matrix sample in samples)
            for (int row = 0; row < sample.Rows; row++)
            {
                Span<float> values = sample.Row(row);
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
        foreach (Matrix sample in samples)
            transform.Apply(sample, kernels);
        Sum?.Transform(transform);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix sample in samples)
            sample.Dispose();
        samples.Clear();
    }

    // One chain of float32 sums a channel and sequence, joined in double.
    private void AddMagnitudes(Matrix x, Kernels kernels)
    {
        int width = Vector512<float>.Count;
        kernels.Parallel((Columns + width - 1) / width, strip =>
        {
            int first = strip * width, count = Math.Min(width, Columns - first);
            Span<float> lanes = stackalloc float[width];
            Vector512<float> max = default, sum = default;
            for (int row = 0; row < x.Rows; row++)
            {
                x.Row(row).Slice(first, count).CopyTo(lanes);
                Vector512<float> magnitudes = Vector512.Abs(Vector512.Create<float>(lanes));
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
