using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// BiLLM's rounding of one weight [out, in], <c>BRAGPTQ.fasterquant</c>. In every block of columns: the few columns of largest salience are binarized twice (w, then what is left), the
/// others once, in two regions split by magnitude: each region of a row has a mean μ and a scale α, ŵ = μ + α·sign(w − μ). How many columns, and where the split lies, is searched.
/// </summary>
/// <remarks>
/// As in the reference, both searches run on the salience w²/U_jj² itself rather than on the weights (<see cref="BiLlmSettings.ByMagnitude"/> searches on the weights), the search for
/// the columns binarizes the others twice as well, and a block's columns do not compensate one another: its errors go to later blocks only.
/// </remarks>
internal sealed class BiLlmRounding
{
    private readonly BiLlmSettings settings;
    private readonly Kernels kernels;
    private readonly Matrix weight;
    private readonly SquareMatrix factor;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">[out, in], changed to the rounded values.</param>
    /// <param name="hessian">H [in, in], used up.</param>
    public BiLlmRounding(Matrix weight, SquareMatrix hessian, BiLlmSettings settings, Kernels kernels, Action<string> warn)
    {
        this.settings = settings;
        this.kernels = kernels;
        this.weight = weight;
        DampedHessian.RemoveDeadInputs(hessian, weight);
        factor = DampedHessian.Factor(hessian, settings.Damping, kernels, warn);
        using var propagation = new ErrorPropagation(weight, factor, settings.BlockSize, kernels);
        for (int first = 0; first < weight.Columns; first += propagation.BlockSize)
        {
            BiLlmBlock block = Search(first, Math.Min(propagation.BlockSize, weight.Columns - first));
            Blocks.Add(block);
            Binarize(block);
            if (settings.Propagates)
                propagation.RunBlock(first, (row, column, _) => block.Value(row, column - block.First), within: false);
            else
                block.CopyTo(weight);
        }
        Loss = propagation.Loss / 2;
    }

    /// <summary>The blocks in order.</summary>
    public List<BiLlmBlock> Blocks { get; } = [];

    /// <summary>Σ (w − ŵ)²/(2·U_jj²).</summary>
    public double Loss { get; }

    private BiLlmBlock Search(int first, int count)
    {
        using Matrix target = Target(first, count);
        int[] ranking = [.. Enumerable.Range(0, count).OrderByDescending(column => ColumnSum(target, column))];
        double[] columnErrors = [.. Enumerable.Range(1, Math.Min(settings.SalientColumnLimit, count) - 1).Select(k => ColumnError(target, ranking, k))];
        int salientCount = Array.IndexOf(columnErrors, columnErrors.Min()) + 1;
        int[] salient = [.. ranking.Take(salientCount).Order()];
        var isSalient = new bool[count];
        foreach (int column in salient)
            isSalient[column] = true;
        float[] splits = Splits(target, isSalient);
        double[] splitErrors = SplitErrors(target, isSalient, splits);
        int best = Array.IndexOf(splitErrors, splitErrors.Min());
        return new BiLlmBlock(first, count, salient, columnErrors, splitErrors, best, splits[best], Regions(target, isSalient, splits[best]));
    }

    // What the searches look at: w²/U_jj², or w.
    private Matrix Target(int first, int count)
    {
        var target = new Matrix(weight.Rows, count);
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < count; i++)
            {
                float value = weight[row, first + i], pivot = (float)factor[first + i, first + i];
                target[row, i] = settings.ByMagnitude ? value : value * value / (pivot * pivot);
            }
        return target;
    }

    private static double ColumnSum(Matrix target, int column)
    {
        double sum = 0;
        for (int row = 0; row < target.Rows; row++)
            sum += Math.Abs(target[row, column]);
        return sum;
    }

    private double ColumnError(Matrix target, int[] ranking, int salientCount)
    {
        var region = new byte[target.Columns];
        foreach (int column in ranking.AsSpan(0, salientCount))
            region[column] = 1;
        return MeanSquare(target, row => Binarization.Error(target.Row(row), region, 0, 2) + Binarization.Error(target.Row(row), region, 1, 2));
    }

    private double[] SplitErrors(Matrix target, bool[] isSalient, float[] splits)
    {
        byte[] columns = [.. isSalient.Select(salient => (byte)(salient ? 1 : 0))];
        double salientError = MeanSquare(target, row => Binarization.Error(target.Row(row), columns, 1, 2));
        return [.. splits.Select(split => salientError + MeanSquare(target, row => SplitError(target.Row(row), isSalient, split)))];
    }

    private static double SplitError(ReadOnlySpan<float> values, bool[] isSalient, float split)
    {
        Span<byte> region = stackalloc byte[values.Length];
        Divide(values, isSalient, split, region);
        return Binarization.Error(values, region, BiLlmBlock.Concentrated, 1) + Binarization.Error(values, region, BiLlmBlock.Sparse, 1);
    }

    private static byte[] Regions(Matrix target, bool[] isSalient, float split)
    {
        var regions = new byte[target.Rows * target.Columns];
        for (int row = 0; row < target.Rows; row++)
            Divide(target.Row(row), isSalient, split, regions.AsSpan(row * target.Columns, target.Columns));
        return regions;
    }

    private static void Divide(ReadOnlySpan<float> values, bool[] isSalient, float split, Span<byte> region)
    {
        for (int i = 0; i < values.Length; i++)
            region[i] = isSalient[i] ? BiLlmBlock.Salient : MathF.Abs(values[i]) < split ? BiLlmBlock.Concentrated : BiLlmBlock.Sparse;
    }

    // 81 quantiles 0.10 … 0.90 of |t| with salient columns as zeros, interpolated linearly, in numpy's float32 arithmetic.
    private static float[] Splits(Matrix target, bool[] isSalient)
    {
        const int Count = 81;
        float[] sorted = [.. target.Span];
        for (int i = 0; i < sorted.Length; i++)
            sorted[i] = isSalient[i % isSalient.Length] ? 0 : MathF.Abs(sorted[i]);
        Array.Sort(sorted);
        var splits = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            float position = (sorted.Length - 1) * TorchRange.At(0.1f, 0.9f, Count, i), whole = MathF.Floor(position), share = position - whole;
            float low = sorted[(int)whole], high = sorted[Math.Min((int)whole + 1, sorted.Length - 1)];
            splits[i] = share < 0.5f ? low + (high - low) * share : high - (high - low) * (1 - share);
        }
        return splits;
    }

    private double MeanSquare(Matrix target, Func<int, double> errorOfRow)
    {
        var errors = new double[target.Rows];
        kernels.Parallel((target.Rows + 15) / 16, tile =>
        {
            for (int row = tile * 16; row < Math.Min(target.Rows, tile * 16 + 16); row++)
                errors[row] = errorOfRow(row);
        });
        return errors.Sum() / ((double)target.Rows * target.Columns);
    }

    private void Binarize(BiLlmBlock block) => kernels.Parallel((weight.Rows + 15) / 16, tile =>
    {
        for (int row = tile * 16; row < Math.Min(weight.Rows, tile * 16 + 16); row++)
            block.Binarize(row, weight.Row(row).Slice(block.First, block.Count), settings.Hold);
    });
}

/// <summary>What BiLLM leaves to choose.</summary>
internal sealed record BiLlmSettings
{
    /// <summary>Columns of a block.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>A block has fewer salient columns than this.</summary>
    public int SalientColumnLimit { get; init; } = 50;

    /// <summary>Whether the searches run on the weights rather than on w²/U_jj².</summary>
    public bool ByMagnitude { get; init; }

    /// <summary>Whether errors go to later blocks.</summary>
    public bool Propagates { get; init; } = true;

    /// <summary>Damping as a share of mean(diag H).</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>How the values of the tables are held: rounded to the storage's precision before they are used.</summary>
    public Func<float, float> Hold { get; init; } = static value => value;
}
