using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>QuaRot (Ashkboos et al., 2404.00456) and its kin: what a rotation does to the rounding of a linear.</summary>
public static class QuaRot
{
    /// <summary>
    /// What RoSTE (2502.09003) chooses a rotation by: ‖Q(W R) − W R‖² and (1/n) ‖Q(X R) − X R‖² over n tokens, asymmetric grids end to end for each output channel and each token.
    /// </summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="samples">[tokens, in].</param>
    /// <param name="rotation">R, or null for the identity.</param>
    /// <param name="weightBits">Bits of the weights' codes.</param>
    /// <param name="activationBits">Bits of the activations' codes.</param>
    public static (double WeightError, double ActivationError) RoundingError(Matrix weight, Matrix samples, RowTransform? rotation, int weightBits, int activationBits) =>
        (RowsError(weight, rotation, weightBits), RowsError(samples, rotation, activationBits) / samples.Rows);

    private static double RowsError(Matrix matrix, RowTransform? rotation, int bits)
    {
        double error = 0;
        for (int row = 0; row < matrix.Rows; row++)
        {
            float[] values = matrix.Row(row).ToArray();
            rotation?.Apply(values);
            (float min, float max) = ClippingGrid.Range(values);
            ClippingGrid grid = ClippingGrid.Of(max, min, bits, symmetric: false, 0, float.MaxValue);
            foreach (float value in values)
            {
                double difference = grid.Decode(grid.Encode(value)) - value;
                error += difference * difference;
            }
        }
        return error;
    }
}
