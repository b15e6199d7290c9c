using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SpQR's rounding of one weight [out, in], <c>SPQRUtil.quantize</c>. At the first column of every group, on values that all columns before it have reached:
/// 1. leave-one-out: by how much the group's error Σ (w − ŵ)²/U_jj² falls when one weight is taken out of its grid and its sum; those above the threshold are likely outliers;
/// 2. the grid is fitted to the group with likely outliers replaced by the mean of the others;
/// 3. scales and zero points of 16 rows are rounded to grids of their own (second level).
/// Then column by column: an element whose own error (w − ŵ)²/U_jj² exceeds the threshold stays as it is, and propagates no error.
/// threshold = <see cref="SpqrSettings.Threshold"/> · mean_j(var_rows(w_j)/U_jj²).
/// </summary>
internal sealed class SpqrRounding
{
    private readonly SpqrSettings settings;
    private readonly Matrix weight;
    private readonly float[] pivots;
    private readonly SpqrGrid[] grids;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">[out, in], changed to the rounded values.</param>
    /// <param name="factor">U of (H + damping)⁻¹ = UᵀU.</param>
    public SpqrRounding(Matrix weight, SquareMatrix factor, SpqrSettings settings, Kernels kernels)
    {
        this.settings = settings;
        this.weight = weight;
        GroupCount = (weight.Columns + settings.GroupSize - 1) / settings.GroupSize;
        SecondGroupCount = (weight.Rows + settings.SecondGroupSize - 1) / settings.SecondGroupSize;
        Codes = new byte[weight.Rows * weight.Columns];
        Outliers = new bool[weight.Rows * weight.Columns];
        grids = new SpqrGrid[weight.Rows * GroupCount];
        ScaleCodes = new byte[weight.Rows * GroupCount];
        ZeroCodes = new byte[weight.Rows * GroupCount];
        ScaleGrids = new SpqrGrid[SecondGroupCount * GroupCount];
        ZeroGrids = new SpqrGrid[SecondGroupCount * GroupCount];
        pivots = [.. Enumerable.Range(0, weight.Columns).Select(column => (float)factor[column, column])];
        Threshold = settings.Threshold is { } share ? share * OutlierScale() : double.PositiveInfinity;
        using var propagation = new ErrorPropagation(weight, factor, settings.BlockSize, kernels);
        for (int first = 0; first < weight.Columns; first += propagation.BlockSize)
            propagation.RunBlock(first, Round, FitGroups);
        Loss = propagation.Loss;
    }

    /// <summary>Groups of columns.</summary>
    public int GroupCount { get; }

    /// <summary>Groups of rows that share a second-level grid; the last may be short.</summary>
    public int SecondGroupCount { get; }

    /// <summary>[out, in].</summary>
    public byte[] Codes { get; }

    /// <summary>[out, in]: the weights that stay as they are.</summary>
    public bool[] Outliers { get; }

    /// <summary>[out, groups], 0 where there is no second level.</summary>
    public byte[] ScaleCodes { get; }

    /// <summary>[out, groups], 0 where there is no second level.</summary>
    public byte[] ZeroCodes { get; }

    /// <summary>[groups of rows, groups].</summary>
    public SpqrGrid[] ScaleGrids { get; }

    /// <summary>[groups of rows, groups].</summary>
    public SpqrGrid[] ZeroGrids { get; }

    /// <summary>The error beyond which a weight is an outlier.</summary>
    public double Threshold { get; }

    /// <summary>Σ (w − ŵ)²/U_jj².</summary>
    public double Loss { get; }

    /// <summary>Scale and zero point of a group of a row, after the second level.</summary>
    public SpqrGrid Grid(int row, int group) => grids[row * GroupCount + group];

    /// <summary>For each weight of a group: Σ (w − ŵ)²/U_jj² of the group, less what remains when that weight is neither fitted nor counted.</summary>
    /// <param name="values">The group's weights.</param>
    /// <param name="pivots">U_jj of its columns.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="gains">One a weight, overwritten.</param>
    public static void LeaveOneOut(ReadOnlySpan<float> values, ReadOnlySpan<float> pivots, int bits, Span<double> gains)
    {
        SpqrGrid whole = SpqrGrid.Fit(values, bits);
        double error = 0;
        for (int i = 0; i < values.Length; i++)
            error += gains[i] = SquaredError(values[i], whole, pivots[i]);
        Span<float> others = stackalloc float[values.Length];
        for (int left = 0; left < values.Length; left++)
        {
            if (!IsOnlyEnd(values, left) || values.Length == 1)
                continue; // the grid of the others is the same one: the gain is the weight's own error
            values[..left].CopyTo(others);
            values[(left + 1)..].CopyTo(others[left..]);
            SpqrGrid grid = SpqrGrid.Fit(others[..^1], bits);
            double rest = 0;
            for (int i = 0; i < values.Length; i++)
                rest += i == left ? 0 : SquaredError(values[i], grid, pivots[i]);
            gains[left] = error - rest;
        }
    }

    private static bool IsOnlyEnd(ReadOnlySpan<float> values, int index)
    {
        float value = values[index];
        bool isMin = true, isMax = true;
        for (int i = 0; i < values.Length; i++)
            if (i != index)
                (isMin, isMax) = (isMin && values[i] > value, isMax && values[i] < value);
        return isMin || isMax;
    }

    private static double SquaredError(float value, SpqrGrid grid, float pivot)
    {
        double error = (grid.Round(value) - value) / pivot;
        return error * error;
    }

    // mean over columns of var(w over rows, n − 1) / U_jj².
    private double OutlierScale()
    {
        double sum = 0;
        for (int column = 0; column < weight.Columns; column++)
        {
            double mean = 0, squares = 0;
            for (int row = 0; row < weight.Rows; row++)
                mean += weight[row, column];
            mean /= weight.Rows;
            for (int row = 0; row < weight.Rows; row++)
                squares += (weight[row, column] - mean) * (weight[row, column] - mean);
            sum += weight.Rows == 1 ? 0 : squares / (weight.Rows - 1) / ((double)pivots[column] * pivots[column]);
        }
        return sum / weight.Columns;
    }

    private float Round(int row, int column, float value)
    {
        SpqrGrid grid = grids[row * GroupCount + column / settings.GroupSize];
        int index = row * weight.Columns + column, code = grid.Encode(value);
        float rounded = grid.Decode(code), error = (value - rounded) / pivots[column];
        if ((double)error * error > Threshold)
        {
            Outliers[index] = true;
            (code, rounded) = (grid.Encode(0), settings.HoldOutlier(value));
        }
        Codes[index] = (byte)code;
        return rounded;
    }

    private void FitGroups(int firstRow, int rowCount, int column)
    {
        if (column % settings.GroupSize != 0)
            return;
        int group = column / settings.GroupSize;
        for (int row = firstRow; row < firstRow + rowCount; row++)
            grids[row * GroupCount + group] = FitGroup(weight.Row(row).Slice(column, Math.Min(settings.GroupSize, weight.Columns - column)), column);
        for (int row = firstRow; row < firstRow + rowCount; row += settings.SecondGroupSize)
            FitSecondLevel(row, Math.Min(settings.SecondGroupSize, firstRow + rowCount - row), group);
    }

    private SpqrGrid FitGroup(ReadOnlySpan<float> values, int column)
    {
        if (settings.SimplifiedOutliers || settings.Threshold is null)
            return SpqrGrid.Fit(values, settings.Bits, settings.RoundZero);
        Span<double> gains = stackalloc double[values.Length];
        LeaveOneOut(values, pivots.AsSpan(column, values.Length), settings.Bits, gains);
        Span<float> kept = stackalloc float[values.Length];
        float sum = 0;
        int count = 0;
        for (int i = 0; i < values.Length; i++)
            if (gains[i] <= Threshold)
                (sum, count) = (sum + values[i], count + 1);
        float mean = sum / Math.Max(count, 1);
        for (int i = 0; i < values.Length; i++)
            kept[i] = gains[i] <= Threshold ? values[i] : mean;
        return SpqrGrid.Fit(kept, settings.Bits, settings.RoundZero);
    }

    private void FitSecondLevel(int firstRow, int rowCount, int group)
    {
        int second = firstRow / settings.SecondGroupSize * GroupCount + group;
        Span<float> scales = stackalloc float[rowCount], zeros = stackalloc float[rowCount];
        for (int i = 0; i < rowCount; i++)
            (scales[i], zeros[i]) = (Grid(firstRow + i, group).Scale, Grid(firstRow + i, group).Zero);
        if (settings.ScaleBits is { } scaleBits)
            ScaleGrids[second] = RoundSecondLevel(scales, scaleBits, ScaleCodes, firstRow, group);
        if (settings.ZeroBits is { } zeroBits && (!settings.RoundZero || zeroBits < settings.Bits))
            ZeroGrids[second] = RoundSecondLevel(zeros, zeroBits, ZeroCodes, firstRow, group);
        for (int i = 0; i < rowCount; i++)
            grids[(firstRow + i) * GroupCount + group] = new SpqrGrid(scales[i], zeros[i], (1 << settings.Bits) - 1);
    }

    private SpqrGrid RoundSecondLevel(Span<float> values, int bits, byte[] codes, int firstRow, int group)
    {
        SpqrGrid grid = SpqrGrid.Fit(values, bits);
        for (int i = 0; i < values.Length; i++)
        {
            int code = grid.Encode(values[i]);
            codes[(firstRow + i) * GroupCount + group] = (byte)code;
            values[i] = grid.Decode(code);
        }
        return grid;
    }
}

/// <summary>What SpQR leaves to choose.</summary>
internal sealed record SpqrSettings
{
    /// <summary>Bits of a code.</summary>
    public required int Bits { get; init; }

    /// <summary>Columns of a group.</summary>
    public int GroupSize { get; init; } = 16;

    /// <summary>Rows whose scales share a second-level grid, and zero points likewise; divides 16.</summary>
    public int SecondGroupSize { get; init; } = 16;

    /// <summary>Bits of a scale; null keeps it as it is.</summary>
    public int? ScaleBits { get; init; } = 3;

    /// <summary>Bits of a zero point; null keeps it as it is.</summary>
    public int? ZeroBits { get; init; } = 3;

    /// <summary>Whether zero points are whole numbers.</summary>
    public bool RoundZero { get; init; }

    /// <summary>The relative outlier threshold; null keeps no outliers.</summary>
    public double? Threshold { get; init; } = 0.2;

    /// <summary>Whether grids are fitted without the leave-one-out test.</summary>
    public bool SimplifiedOutliers { get; init; }

    /// <summary>Columns of a block of the propagation; a multiple of the group changes no number but for the order of sums.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>How an outlier is held: rounded to the storage's precision.</summary>
    public Func<float, float> HoldOutlier { get; init; } = static value => value;
}
