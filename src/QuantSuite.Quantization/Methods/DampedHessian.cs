using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>What GPTQ and its kin do to H before it is factored: inputs that are always zero are taken out, the diagonal is raised.</summary>
internal static class DampedHessian
{
    /// <summary>The share of mean(diag H) that the papers add to the diagonal.</summary>
    public const double DefaultDamping = 0.01;

    private const double LeastDamping = 0.001;
    private const double LargestDamping = 1;

    /// <summary>Inputs that never were other than zero: H_jj becomes 1, and their weights 0.</summary>
    public static void RemoveDeadInputs(SquareMatrix hessian, Matrix weight)
    {
        for (int column = 0; column < hessian.Size; column++)
        {
            if (hessian[column, column] != 0)
                continue;
            hessian[column, column] = 1;
            for (int row = 0; row < weight.Rows; row++)
                weight[row, column] = 0;
        }
    }

    /// <summary>mean(diag H).</summary>
    public static double MeanDiagonal(SquareMatrix hessian)
    {
        double sum = 0;
        for (int i = 0; i < hessian.Size; i++)
            sum += hessian[i, i];
        return sum / hessian.Size;
    }

    /// <summary>H + amount·I, in place.</summary>
    public static void Add(SquareMatrix hessian, double amount)
    {
        for (int i = 0; i < hessian.Size; i++)
            hessian[i, i] += amount;
    }

    /// <summary>U with (H + d·mean(diag H)·I)⁻¹ = UᵀU; d grows tenfold, and the user is told, while that is not positive definite.</summary>
    /// <param name="hessian">H, used up.</param>
    /// <param name="damping">The share d, 0.01 in the papers.</param>
    /// <exception cref="CalibrationException">No damping up to the mean itself helps.</exception>
    public static SquareMatrix Factor(SquareMatrix hessian, double damping, Kernels kernels, Action<string> warn)
    {
        double mean = MeanDiagonal(hessian), added = 0;
        for (double share = damping; share <= LargestDamping; share = Math.Max(share * 10, LeastDamping))
        {
            Add(hessian, share * mean - added);
            added = share * mean;
            if (Cholesky.UpperOfInverse(hessian, kernels) is { } factor)
            {
                if (share != damping)
                    warn($"the Hessian is not positive definite with a damping of {damping}; raised to {share}");
                return factor;
            }
        }
        throw new CalibrationException(
            $"The Hessian of the inputs is not positive definite, not even with a damping of its mean diagonal {mean:G4}. Are the calibration inputs finite, and is there enough text?");
    }
}
