using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>
/// Cholesky factors of symmetric positive definite matrices, in double. Every element is one chain of fused multiply-adds over ascending k, so neither blocks nor vector width nor
/// threads reach a bit.
/// </summary>
public static unsafe class Cholesky
{
    private const int Block = 64;
    private const int TileRows = 4;
    private const int TileColumns = 32;
    private const int SolveColumns = 64;

    /// <summary>L with A = L Lᵀ, lower triangular, or null where a pivot is not positive.</summary>
    public static SquareMatrix? Lower(SquareMatrix matrix, Kernels kernels)
    {
        SquareMatrix factor = matrix.Copy();
        return FactorInPlace(factor, kernels) ? factor : null;
    }

    /// <summary>L⁻¹ of a lower triangular L.</summary>
    public static SquareMatrix InverseOfLower(SquareMatrix lower, Kernels kernels)
    {
        int n = lower.Size;
        var inverse = new SquareMatrix(n);
        for (int first = 0; first < n; first += Block)
        {
            int count = Math.Min(Block, n - first);
            double* rows = inverse.Pointer + (long)first * n;
            for (int column = 0; column < first; column += TileColumns)
                SubtractProducts(rows + column, lower.Pointer + (long)first * n, n, inverse.Pointer + column, n, count, Math.Min(TileColumns, first - column), column, first, kernels);
            for (int i = 0; i < count; i++)
                rows[(long)i * n + first + i] = 1;
            kernels.Parallel((first + count + SolveColumns - 1) / SolveColumns, strip =>
            {
                for (int i = 0; i < count; i++)
                    SolveRow(lower, inverse, first, first + i, strip * SolveColumns);
            });
        }
        return inverse;
    }

    /// <summary>
    /// U, upper triangular, with A⁻¹ = UᵀU: GPTQ's <c>cholesky(cholesky_inverse(cholesky(H)), upper=True)</c>, without forming the inverse: with rows and columns reversed, A = R Rᵀ for an
    /// upper triangular R, and U = R⁻¹. Null where A is not positive definite.
    /// </summary>
    public static SquareMatrix? UpperOfInverse(SquareMatrix matrix, Kernels kernels)
    {
        SquareMatrix lower = matrix.Copy();
        lower.Reverse();
        if (!FactorInPlace(lower, kernels))
            return null;
        SquareMatrix upper = InverseOfLower(lower, kernels);
        upper.Reverse();
        return upper;
    }

    private static bool FactorInPlace(SquareMatrix l, Kernels kernels)
    {
        int n = l.Size;
        using var packed = new NativeBuffer((long)Math.Max(n, 1) * Block * sizeof(double), zeroed: false);
        double* columns = (double*)packed.Pointer;
        for (int first = 0; first < n; first += Block)
        {
            int width = Math.Min(Block, n - first);
            PackTransposed(l, first, width, columns);
            SubtractProducts(l.Pointer + (long)first * n + first, l.Pointer + (long)first * n, n, columns, Block, n - first, width, 0, first, kernels);
            if (!FactorDiagonal(l, first, width))
                return false;
            SolveBelow(l, first, width, kernels);
        }
        for (int row = 0; row < n; row++)
            l.Row(row)[(row + 1)..].Clear();
        return true;
    }

    private static void PackTransposed(SquareMatrix l, int first, int width, double* columns)
    {
        for (int i = 0; i < width; i++)
            for (int k = 0; k < first; k++)
                columns[k * Block + i] = l.Pointer[(long)(first + i) * l.Size + k];
    }

    private static bool FactorDiagonal(SquareMatrix l, int first, int width)
    {
        for (int i = first; i < first + width; i++)
        {
            Span<double> row = l.Row(i);
            for (int j = first; j < i; j++)
                row[j] = Less(row, l.Row(j), first, j, row[j]) / l[j, j];
            double pivot = Less(row, row, first, i, row[i]);
            if (!(pivot > 0) || double.IsInfinity(pivot))
                return false;
            row[i] = Math.Sqrt(pivot);
        }
        return true;
    }

    private static void SolveBelow(SquareMatrix l, int first, int width, Kernels kernels)
    {
        int begin = first + width, strips = (l.Size - begin + 15) / 16;
        kernels.Parallel(strips, strip =>
        {
            for (int i = begin + strip * 16; i < Math.Min(l.Size, begin + strip * 16 + 16); i++)
            {
                Span<double> row = l.Row(i);
                for (int j = first; j < begin; j++)
                    row[j] = Less(row, l.Row(j), first, j, row[j]) / l[j, j];
            }
        });
    }

    private static double Less(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int first, int end, double value)
    {
        for (int k = first; k < end; k++)
            value = Math.FusedMultiplyAdd(-a[k], b[k], value);
        return value;
    }

    // SolveColumns of a row's columns: those of the rows before it are done.
    private static void SolveRow(SquareMatrix lower, SquareMatrix inverse, int first, int row, int column)
    {
        Span<double> values = inverse.Row(row)[Math.Min(column, row + 1)..Math.Min(column + SolveColumns, row + 1)];
        for (int k = Math.Max(first, column); k < row; k++)
        {
            double factor = -lower[row, k];
            ReadOnlySpan<double> other = inverse.Row(k)[column..Math.Min(column + SolveColumns, k + 1)];
            for (int i = 0; i < other.Length; i++)
                values[i] = Math.FusedMultiplyAdd(factor, other[i], values[i]);
        }
        double pivot = lower[row, row];
        foreach (ref double value in values)
            value /= pivot;
    }

    // c [rows, columns] (stride n) −= a [rows, k] (stride n) · b [k, columns] (stride bStride), k from first to end.
    private static void SubtractProducts(double* c, double* a, int n, double* b, int bStride, int rows, int columns, int first, int end, Kernels kernels)
    {
        if (end > first)
            kernels.Parallel((rows + TileRows - 1) / TileRows, strip =>
            {
                int row = strip * TileRows, count = Math.Min(TileRows, rows - row), column = 0;
                if (count == TileRows)
                    for (; column + TileColumns <= columns; column += TileColumns)
                        SubtractTile(c + (long)row * n + column, a + (long)row * n, n, b + column, bStride, first, end);
                for (int i = row; i < row + count; i++)
                    for (int j = column; j < columns; j++)
                    {
                        double value = c[(long)i * n + j];
                        for (int k = first; k < end; k++)
                            value = Math.FusedMultiplyAdd(-a[(long)i * n + k], b[(long)k * bStride + j], value);
                        c[(long)i * n + j] = value;
                    }
            });
    }

    private static void SubtractTile(double* c, double* a, int n, double* b, int bStride, int first, int end)
    {
        const int Lanes = 8;
        double* c1 = c + n, c2 = c1 + n, c3 = c2 + n;
        double* a1 = a + n, a2 = a1 + n, a3 = a2 + n;
        for (int j = 0; j < TileColumns; j += 2 * Lanes)
        {
            Vector512<double> s00 = Vector512.Load(c + j), s01 = Vector512.Load(c + j + Lanes), s10 = Vector512.Load(c1 + j), s11 = Vector512.Load(c1 + j + Lanes);
            Vector512<double> s20 = Vector512.Load(c2 + j), s21 = Vector512.Load(c2 + j + Lanes), s30 = Vector512.Load(c3 + j), s31 = Vector512.Load(c3 + j + Lanes);
            for (int k = first; k < end; k++)
            {
                double* line = b + (long)k * bStride + j;
                Vector512<double> b0 = Vector512.Load(line), b1 = Vector512.Load(line + Lanes);
                Vector512<double> f0 = Vector512.Create(-a[k]), f1 = Vector512.Create(-a1[k]), f2 = Vector512.Create(-a2[k]), f3 = Vector512.Create(-a3[k]);
                s00 = Vector512.FusedMultiplyAdd(f0, b0, s00);
                s01 = Vector512.FusedMultiplyAdd(f0, b1, s01);
                s10 = Vector512.FusedMultiplyAdd(f1, b0, s10);
                s11 = Vector512.FusedMultiplyAdd(f1, b1, s11);
                s20 = Vector512.FusedMultiplyAdd(f2, b0, s20);
                s21 = Vector512.FusedMultiplyAdd(f2, b1, s21);
                s30 = Vector512.FusedMultiplyAdd(f3, b0, s30);
                s31 = Vector512.FusedMultiplyAdd(f3, b1, s31);
            }
            s00.Store(c + j);
            s01.Store(c + j + Lanes);
            s10.Store(c1 + j);
            s11.Store(c1 + j + Lanes);
            s20.Store(c2 + j);
            s21.Store(c2 + j + Lanes);
            s30.Store(c3 + j);
            s31.Store(c3 + j + Lanes);
        }
    }
}
