using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// QuIP's LDLQ rounding (2307.13304, §3): with H = L D Lᵀ the columns are rounded from the last to the first, each after the errors of those behind it: q_i =
/// ⌊w_i + Σ_{j>i} (w_j − q_j) L_ji + ½⌋,
/// clamped. Then greedy passes: each code in turn goes to its best place with all others held, until nothing changes. Equals <c>round_ldl</c> of
/// Cornell-RelaxML/QuIP, vector_balance.py: half goes up in
/// LDLQ, to even in the greedy passes; codes are clamped after a pass, and the errors that the passes carry on are those before the clamp. Sums are double.
/// </summary>
public sealed class Ldlq
{
    private readonly SquareMatrix hessian;
    private readonly Kernels kernels;

    private Ldlq(SquareMatrix hessian, SquareMatrix factor, double[] diagonal, Kernels kernels)
    {
        (this.hessian, Factor, Diagonal, this.kernels) = (hessian, factor, diagonal, kernels);
    }

    /// <summary>L, unit lower triangular.</summary>
    public SquareMatrix Factor { get; }

    /// <summary>D.</summary>
    public double[] Diagonal { get; }

    /// <summary>H = L D Lᵀ, or null where H is not positive definite.</summary>
    public static Ldlq? Decompose(SquareMatrix hessian, Kernels kernels)
    {
        if (Cholesky.Lower(hessian, kernels) is not { } factor)
            return null;
        double[] pivots = [.. Enumerable.Range(0, factor.Size).Select(i => factor[i, i])];
        for (int row = 0; row < factor.Size; row++)
            for (int column = 0; column <= row; column++)
                factor[row, column] /= pivots[column];
        return new Ldlq(hessian, factor, Array.ConvertAll(pivots, pivot => pivot * pivot), kernels);
    }

    /// <summary>Codes 0 … <paramref name="lastCode"/> of values that are measured in codes.</summary>
    /// <param name="values">[out, in].</param>
    /// <param name="lastCode">The largest code.</param>
    /// <param name="greedyPassCount">The most greedy passes.</param>
    public byte[][] Round(Matrix values, int lastCode, int greedyPassCount)
    {
        var codes = new byte[values.Rows][];
        kernels.Parallel(values.Rows, row => codes[row] = RoundRow(values.Row(row), lastCode, greedyPassCount));
        return codes;
    }

    private byte[] RoundRow(ReadOnlySpan<float> values, int lastCode, int greedyPassCount)
    {
        var codes = new double[values.Length];
        var feedback = new double[values.Length];
        for (int i = values.Length - 1; i >= 0; i--)
        {
            codes[i] = Math.Clamp(Math.Floor(values[i] + feedback[i] + 0.5), 0, lastCode);
            DoubleRow.AddMultiple(values[i] - codes[i], Factor.Row(i)[..i], feedback);
        }
        if (greedyPassCount > 0)
            Improve(values, codes, lastCode, greedyPassCount);
        return Array.ConvertAll(codes, code => (byte)code);
    }

    private void Improve(ReadOnlySpan<float> values, double[] codes, int lastCode, int passCount)
    {
        var gradient = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
            DoubleRow.AddMultiple(codes[i] - values[i], hessian.Row(i), gradient);
        for (int pass = 0; pass < passCount; pass++)
        {
            double[] before = [.. codes];
            for (int i = values.Length - 1; i >= 0; i--)
            {
                double change = Math.Round(codes[i] - gradient[i] / hessian[i, i]) - codes[i];
                if (change == 0)
                    continue;
                codes[i] += change;
                DoubleRow.AddMultiple(change, hessian.Row(i), gradient);
            }
            for (int i = 0; i < codes.Length; i++)
                codes[i] = Math.Clamp(codes[i], 0, lastCode);
            if (codes.AsSpan().SequenceEqual(before))
                return;
        }
    }
}
