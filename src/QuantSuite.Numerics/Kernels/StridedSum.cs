namespace QuantSuite.Numerics;

/// <summary>
/// The one definition of a sum across a row: 16 partial sums, partial j over the elements j, j + 16, j + 32 … in ascending order, from +0; then combined
/// pairwise, j with j + 8, then j + 4, j + 2, j + 1. A machine with 1, 8 or 16 lanes can follow it to the bit.
/// </summary>
public static class StridedSum
{
    /// <summary>Number of partial sums.</summary>
    public const int PartialCount = 16;

    /// <summary>Combines 16 partial sums pairwise, in place.</summary>
    public static float Combine(Span<float> partials)
    {
        for (int width = PartialCount / 2; width >= 1; width /= 2)
            for (int j = 0; j < width; j++)
                partials[j] += partials[j + width];
        return partials[0];
    }

    /// <summary>Combines 16 partial sums pairwise, in place.</summary>
    public static double Combine(Span<double> partials)
    {
        for (int width = PartialCount / 2; width >= 1; width /= 2)
            for (int j = 0; j < width; j++)
                partials[j] += partials[j + width];
        return partials[0];
    }
}
