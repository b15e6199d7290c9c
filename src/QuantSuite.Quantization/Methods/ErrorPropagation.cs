using System.Runtime.Intrinsics;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// GPTQ's loop, which SpQR, PB-LLM, BiLLM and SliM-LLM put their own rounding in. Columns are rounded in order; the error e_j = (w_j − q_j)/U_jj of each goes to the columns
/// that are not rounded yet, w_k −= e_j·U_jk: at once inside a block of columns, and to all columns after the block when it is done.
/// </summary>
/// <remarks>
/// float32, as the references. Rows know nothing of each other, so tiles of 16 rows run in parallel; every value is one chain of fused multiply-adds over ascending j, so neither
/// tiles nor threads nor vector width reach a bit.
/// </remarks>
internal sealed unsafe class ErrorPropagation : IDisposable
{
    /// <summary>Rows that go through a block together, on one thread.</summary>
    public const int TileRows = 16;

    private readonly Kernels kernels;
    private readonly Matrix upper;
    private readonly Matrix errors;
    private readonly double[] losses;

    /// <summary>Over a weight [out, in], which is changed in place.</summary>
    /// <param name="weight">The values; each becomes its rounded one.</param>
    /// <param name="factor">U [in, in], upper triangular, of (H + damping)⁻¹ = UᵀU.</param>
    /// <param name="blockSize">Columns of a block.</param>
    public ErrorPropagation(Matrix weight, SquareMatrix factor, int blockSize, Kernels kernels)
    {
        Weight = weight;
        BlockSize = Math.Min(blockSize, weight.Columns);
        this.kernels = kernels;
        upper = new Matrix(factor.Size, factor.Size);
        kernels.Parallel(factor.Size, row =>
        {
            ReadOnlySpan<double> source = factor.Row(row);
            Span<float> values = upper.Row(row);
            for (int column = row; column < values.Length; column++)
                values[column] = (float)source[column];
        });
        errors = new Matrix(weight.Rows, BlockSize);
        losses = new double[weight.Rows];
    }

    /// <summary>The values [out, in]: rounded ones in the blocks that are done, compensated ones after.</summary>
    public Matrix Weight { get; }

    /// <summary>Columns of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Σ e² over all that was rounded.</summary>
    public double Loss => losses.Sum();

    /// <summary>U_jj.</summary>
    public float Pivot(int column) => upper[column, column];

    /// <summary>Rounds the columns from <paramref name="first"/> to the end of their block.</summary>
    /// <param name="round">(row, column, value) to the rounded value; called on any thread, for a row in ascending order of columns.</param>
    /// <param name="begin">(first row of a tile, rows, column), before a column of the tile is rounded, where all columns before it have reached it; null does nothing.</param>
    /// <param name="within">Whether columns of the block compensate one another (GPTQ), or only those after it (BiLLM).</param>
    public void RunBlock(int first, Func<int, int, float, float> round, Action<int, int, int>? begin = null, bool within = true)
    {
        int count = Math.Min(BlockSize, Weight.Columns - first), rows = Weight.Rows;
        kernels.Parallel((rows + TileRows - 1) / TileRows, tile =>
        {
            int firstRow = tile * TileRows, rowCount = Math.Min(TileRows, rows - firstRow);
            for (int column = first; column < first + count; column++)
            {
                begin?.Invoke(firstRow, rowCount, column);
                float* line = upper.Pointer + (long)column * upper.Columns;
                for (int row = firstRow; row < firstRow + rowCount; row++)
                {
                    float* values = Weight.Pointer + (long)row * Weight.Columns;
                    float rounded = round(row, column, values[column]);
                    float error = (values[column] - rounded) / line[column];
                    values[column] = rounded;
                    errors[row, column - first] = error;
                    losses[row] += (double)error * error;
                    if (within)
                        Subtract(values, line, error, column + 1, first + count);
                }
            }
            for (int row = firstRow; row < firstRow + rowCount; row++)
                SubtractAfter(row, first, count);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        upper.Dispose();
        errors.Dispose();
    }

    // values[k] −= error·line[k] for k from first to end.
    private static void Subtract(float* values, float* line, float error, int first, int end)
    {
        Vector512<float> factor = Vector512.Create(-error);
        int k = first;
        for (; k + Vector512<float>.Count <= end; k += Vector512<float>.Count)
            Vector512.FusedMultiplyAdd(factor, Vector512.Load(line + k), Vector512.Load(values + k)).Store(values + k);
        for (; k < end; k++)
            values[k] = MathF.FusedMultiplyAdd(-error, line[k], values[k]);
    }

    // The columns after the block: w_k −= Σ_j e_j·U_jk, j ascending.
    private void SubtractAfter(int row, int first, int count)
    {
        const int Strip = 64;
        float* values = Weight.Pointer + (long)row * Weight.Columns, error = errors.Pointer + (long)row * BlockSize;
        int lanes = Vector512<float>.Count, k = first + count;
        for (; k + Strip <= Weight.Columns; k += Strip)
        {
            float* line = upper.Pointer + (long)first * upper.Columns + k;
            Vector512<float> s0 = Vector512.Load(values + k), s1 = Vector512.Load(values + k + lanes);
            Vector512<float> s2 = Vector512.Load(values + k + 2 * lanes), s3 = Vector512.Load(values + k + 3 * lanes);
            for (int j = 0; j < count; j++, line += upper.Columns)
            {
                Vector512<float> factor = Vector512.Create(-error[j]);
                s0 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(line), s0);
                s1 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(line + lanes), s1);
                s2 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(line + 2 * lanes), s2);
                s3 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(line + 3 * lanes), s3);
            }
            s0.Store(values + k);
            s1.Store(values + k + lanes);
            s2.Store(values + k + 2 * lanes);
            s3.Store(values + k + 3 * lanes);
        }
        for (int j = 0; j < count; j++)
            Subtract(values, upper.Pointer + (long)(first + j) * upper.Columns, error[j], k, Weight.Columns);
    }
}
