using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// PB-LLM's rounding of one weight [out, in], <c>LowHighGPT.fasterquant</c> with the <c>xnor</c> low quantizer. In every group of columns the share LowFraction of the weights (of
/// all rows together) that matters least is binarized to ŵ = μ + α·sign(w − μ), per row and group; the rest takes an 8-bit grid of its row.
/// As in the reference, μ and α divide by all columns of the group, salient ones counting as zeros, so they are smaller than the best for the binary entries alone.
/// </summary>
internal sealed class PbLlmRounding
{
    private readonly PbLlmSettings settings;
    private readonly Matrix weight;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">[out, in], changed to the rounded values; inputs that are always zero still have their weights.</param>
    /// <param name="hessian">H [in, in], used up.</param>
    public PbLlmRounding(Matrix weight, SquareMatrix hessian, PbLlmSettings settings, Kernels kernels, Action<string> warn)
    {
        this.settings = settings;
        this.weight = weight;
        GroupSize = settings.GroupSize > 0 ? Math.Min(settings.GroupSize, weight.Columns) : weight.Columns;
        GroupCount = (weight.Columns + GroupSize - 1) / GroupSize;
        SalientGrids = new QuantGrid[weight.Rows];
        Means = new float[weight.Rows * GroupCount];
        Scales = new float[weight.Rows * GroupCount];
        IsBinary = new bool[weight.Rows * weight.Columns];
        Codes = new short[weight.Rows * weight.Columns];
        kernels.Parallel(weight.Rows, row => SalientGrids[row] = GptqGrid.Fit(weight.Row(row), settings.SalientBits, symmetric: false));
        DampedHessian.RemoveDeadInputs(hessian, weight);
        SquareMatrix factor = DampedHessian.Factor(hessian, settings.Damping, kernels, warn);
        for (int group = 0; group < GroupCount; group++)
            FitGroup(group, factor);
        using var propagation = new ErrorPropagation(weight, factor, settings.BlockSize, kernels);
        for (int first = 0; first < weight.Columns; first += propagation.BlockSize)
            if (settings.Propagates)
                propagation.RunBlock(first, Round);
            else
                RoundAll(first, Math.Min(propagation.BlockSize, weight.Columns - first));
        Loss = propagation.Loss / 2;
    }

    /// <summary>Columns of a group.</summary>
    public int GroupSize { get; }

    /// <summary>Groups in a row.</summary>
    public int GroupCount { get; }

    /// <summary>[out, in]: the binarized weights; the others are salient.</summary>
    public bool[] IsBinary { get; }

    /// <summary>[out, in]: the sign of a binarized weight, the code of a salient one.</summary>
    public short[] Codes { get; }

    /// <summary>μ [out, groups].</summary>
    public float[] Means { get; }

    /// <summary>α [out, groups].</summary>
    public float[] Scales { get; }

    /// <summary>[out]: the grid of the salient weights.</summary>
    public QuantGrid[] SalientGrids { get; }

    /// <summary>Σ (w − ŵ)²/(2·U_jj²).</summary>
    public double Loss { get; }

    /// <summary>μ + α·sign.</summary>
    public float BinaryValue(int row, int group, int sign) => settings.Hold(sign * Scales[row * GroupCount + group] + Means[row * GroupCount + group]);

    private void FitGroup(int group, SquareMatrix factor)
    {
        int first = group * GroupSize, count = Math.Min(GroupSize, weight.Columns - first);
        var salience = new float[weight.Rows * count];
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < count; i++)
            {
                float value = weight[row, first + i], pivot = (float)factor[first + i, first + i];
                salience[row * count + i] = settings.ByMagnitude ? MathF.Abs(value) : value * value / (pivot * pivot);
            }
        float[] sorted = [.. salience];
        Array.Sort(sorted);
        float threshold = sorted[(int)(sorted.Length * settings.LowFraction)];
        for (int row = 0; row < weight.Rows; row++)
        {
            for (int i = 0; i < count; i++)
                IsBinary[row * weight.Columns + first + i] = salience[row * count + i] <= threshold;
            FitBinary(row, group, first, count);
        }
    }

    private void FitBinary(int row, int group, int first, int count)
    {
        ReadOnlySpan<float> values = weight.Row(row).Slice(first, count);
        ReadOnlySpan<bool> binary = IsBinary.AsSpan(row * weight.Columns + first, count);
        double sum = 0, deviation = 0;
        for (int i = 0; i < count; i++)
            sum += binary[i] ? values[i] : 0;
        float mean = (float)(sum / count);
        for (int i = 0; i < count; i++)
            deviation += Math.Abs((binary[i] ? values[i] : 0) - mean);
        Means[row * GroupCount + group] = mean;
        Scales[row * GroupCount + group] = (float)(deviation / count);
    }

    private float Round(int row, int column, float value)
    {
        int index = row * weight.Columns + column, group = row * GroupCount + column / GroupSize;
        if (IsBinary[index])
        {
            Codes[index] = (short)(value >= Means[group] ? 1 : -1);
            return BinaryValue(row, column / GroupSize, Codes[index]);
        }
        Codes[index] = (short)GptqGrid.Encode(value, SalientGrids[row], settings.SalientBits);
        return settings.Hold(GptqGrid.Decode(Codes[index], SalientGrids[row]));
    }

    private void RoundAll(int first, int count)
    {
        for (int row = 0; row < weight.Rows; row++)
            for (int column = first; column < first + count; column++)
                weight[row, column] = Round(row, column, weight[row, column]);
    }
}

/// <summary>What PB-LLM leaves to choose.</summary>
internal sealed record PbLlmSettings
{
    /// <summary>The share of the weights that is binarized.</summary>
    public double LowFraction { get; init; } = 0.9;

    /// <summary>Bits of the others.</summary>
    public int SalientBits { get; init; } = 8;

    /// <summary>Columns of a group; 0 for the whole row.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>Whether salience is |w| rather than w²/U_jj².</summary>
    public bool ByMagnitude { get; init; }

    /// <summary>Whether errors go to later columns.</summary>
    public bool Propagates { get; init; } = true;

    /// <summary>Columns of a block of the propagation.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>Damping as a share of mean(diag H).</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>How a value is held: rounded to the storage's precision.</summary>
    public Func<float, float> Hold { get; init; } = static value => value;
}
