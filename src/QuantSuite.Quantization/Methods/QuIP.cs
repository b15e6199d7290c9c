using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>stub</summary>
public static class QuIP
{
    private const double SmallestDiagonal = 1e-8;
    private const double Regularization = 0.01;
    private const float RangeInDeviations = 2.4f;

    /// <summary>(diag H / diag WᵀW)^¼ by channel: what W is multiplied and the inputs are divided by, so that both spread alike.</summary>
    /// <param name="hessian">H; only its diagonal, relative to its largest entry, counts.</param>
    /// <param name="squares">diag WᵀW.</param>
    public static float[] Scales(SquareMatrix hessian, ReadOnlySpan<double> squares)
    {
        double largest = 0;
        for (int i = 0; i < hessian.Size; i++)
            largest = Math.Max(largest, hessian[i, i]);
        var scales = new float[hessian.Size];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = (float)Math.Max(Math.Sqrt(Math.Sqrt(Math.Max(hessian[i, i] / largest, SmallestDiagonal) / Math.Max(squares[i], SmallestDiagonal))), SmallestDiagonal);
        return scales;
    }

    /// <summary>H·n/tr H + 0.01·I, before a rotation.</summary>
    public static void Regularize(SquareMatrix hessian)
    {
        double trace = 0;
        for (int i = 0; i < hessian.Size; i++)
            trace += hessian[i, i];
        hessian.Scale(hessian.Size / (trace + SmallestDiagonal));
        for (int i = 0; i < hessian.Size; i++)
            hessian[i, i] += Regularization;
    }

    /// <summary>H + share · mean diag H · I.</summary>
    public static void Damp(SquareMatrix hessian, double share)
    {
        double mean = 0;
        for (int i = 0; i < hessian.Size; i++)
            mean += hessian[i, i] / hessian.Size;
        for (int i = 0; i < hessian.Size; i++)
            hessian[i, i] += share * mean;
    }

    /// <summary>The grid of a whole weight: codes 0 … 2ᵇ−1 span ±2.4 root mean squares.</summary>
    public static QuantGrid Grid(Matrix weight, int lastCode)
    {
        double squares = 0;
        for (int row = 0; row < weight.Rows; row++)
            foreach (float value in weight.Row(row))
                squares += (double)value * value;
        float range = RangeInDeviations * (float)Math.Sqrt(squares / ((double)weight.Rows * weight.Columns)) + 1e-16f;
        return new QuantGrid(2 * range / lastCode, lastCode / 2f);
    }

    /// <summary>diag WᵀW of weights that read one input, stacked.</summary>
    public static double[] ColumnSquares(IReadOnlyList<Matrix> weights)
    {
        var squares = new double[weights[0].Columns];
        foreach (Matrix weight in weights)
            for (int row = 0; row < weight.Rows; row++)
                for (int column = 0; column < squares.Length; column++)
                    squares[column] += (double)weight[row, column] * weight[row, column];
        return squares;
    }

    /// <summary>The values in units of their row's grid, clamp(w/s + z), to be rounded.</summary>
    public static Matrix Measure(Matrix weight, IReadOnlyList<QuantGrid> grids, int lastCode)
    {
        var measured = new Matrix(weight.Rows, weight.Columns);
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < weight.Columns; column++)
                measured[row, column] = MathF.Max(0, MathF.Min(lastCode, weight[row, column] / grids[row].Scale + grids[row].Zero));
        return measured;
    }
}
