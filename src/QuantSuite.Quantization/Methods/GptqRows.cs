using System.Runtime.Intrinsics;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Some rows of a weight on their way through GPTQ's loop: given U they do not depend on each other. Letters are the paper's: w a weight, e = (w − ŵ)/U_jj its error,
/// each later column k of the row loses e·U_jk.
/// </summary>
internal sealed unsafe class GptqRows(Matrix weight, Matrix factor, int[] order, GptqResult result, bool fitsGroups, int blockSize, int firstRow, int rowCount)
{
    private readonly int columns = weight.Columns;

    /// <summary>Rounds all columns; adds each row's loss.</summary>
    public void Round(double[] losses)
    {
        using var w = new Matrix(rowCount, columns);
        using var block = new Matrix(rowCount, blockSize);
        using var errors = new Matrix(rowCount, blockSize);
        for (int r = 0; r < rowCount; r++)
            for (int k = 0; k < columns; k++)
                w[r, k] = weight[firstRow + r, order[k]];
        for (int first = 0; first < columns; first += blockSize)
        {
            int count = Math.Min(blockSize, columns - first);
            for (int r = 0; r < rowCount; r++)
            {
                w.Row(r).Slice(first, count).CopyTo(block.Row(r));
                losses[firstRow + r] += RoundBlock(r, first, count, w.Row(r), block.Row(r), errors.Row(r));
            }
            Compensate(w, errors, first, count);
        }
    }

    private double RoundBlock(int r, int first, int count, ReadOnlySpan<float> w, Span<float> block, Span<float> errors)
    {
        int row = firstRow + r;
        double loss = 0;
        for (int j = 0; j < count; j++)
        {
            int k = first + j, column = order[k];
            if (fitsGroups && k % result.GroupSize == 0)
                result.SetGrid(row, k / result.GroupSize, result.Grids.Fit(w.Slice(k, Math.Min(result.GroupSize, columns - k))));
            QuantGrid grid = result.Grid(row, result.GroupOfColumn[column]);
            int code = result.Grids.Encode(block[j], grid);
            result.SetCode(row, column, code);
            float difference = block[j] - result.Grids.Decode(code, grid), pivot = factor[k, k], e = difference / pivot;
            errors[j] = e;
            loss += (double)e * e / 2;
            Subtract(e, factor.Row(k).Slice(k, count - j), block[j..count]);
        }
        return loss;
    }

    // y −= e·u.
    private static void Subtract(float e, ReadOnlySpan<float> u, Span<float> y)
    {
        int i = 0, width = Vector512<float>.Count;
        Vector512<float> factor = Vector512.Create(-e);
        fixed (float* up = u, yp = y)
            for (; i + width <= y.Length; i += width)
                Vector512.FusedMultiplyAdd(factor, Vector512.Load(up + i), Vector512.Load(yp + i)).Store(yp + i);
        for (; i < y.Length; i++)
            y[i] = MathF.FusedMultiplyAdd(-e, u[i], y[i]);
    }

    // All columns after the block lose what its columns' errors cost: one chain over the block's columns, ascending.
    private void Compensate(Matrix w, Matrix errors, int first, int count)
    {
        int width = Vector512<float>.Count;
        for (int column = first + count; column < columns; column += width)
            if (column + width <= columns && rowCount == 8)
                CompensateEight(w.Pointer + column, errors, factor.Pointer + (long)first * columns + column, count);
            else
                for (int r = 0; r < rowCount; r++)
                    for (int k = column; k < Math.Min(column + width, columns); k++)
                        for (int j = 0; j < count; j++)
                            w[r, k] = MathF.FusedMultiplyAdd(-errors[r, j], factor[first + j, k], w[r, k]);
    }

    private void CompensateEight(float* w, Matrix errors, float* u, int count)
    {
        nint n = columns, stride = errors.Columns;
        float* e = errors.Pointer;
        Vector512<float> s0 = Vector512.Load(w), s1 = Vector512.Load(w + n), s2 = Vector512.Load(w + 2 * n), s3 = Vector512.Load(w + 3 * n);
        Vector512<float> s4 = Vector512.Load(w + 4 * n), s5 = Vector512.Load(w + 5 * n), s6 = Vector512.Load(w + 6 * n), s7 = Vector512.Load(w + 7 * n);
        for (int j = 0; j < count; j++, u += n, e++)
        {
            Vector512<float> line = Vector512.Load(u);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[0]), line, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[stride]), line, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[2 * stride]), line, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[3 * stride]), line, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[4 * stride]), line, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[5 * stride]), line, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[6 * stride]), line, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(-e[7 * stride]), line, s7);
        }
        s0.Store(w);
        s1.Store(w + n);
        s2.Store(w + 2 * n);
        s3.Store(w + 3 * n);
        s4.Store(w + 4 * n);
        s5.Store(w + 5 * n);
        s6.Store(w + 6 * n);
        s7.Store(w + 7 * n);
    }
}
