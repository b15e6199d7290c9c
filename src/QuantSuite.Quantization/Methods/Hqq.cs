using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// HQQ (Badri and Shaji, Half-Quadratic Quantization of Large Machine Learning Models, 2023): no data; the zero point of each group minimises an ℓp norm (p =
/// 0.7) of the weight error,
/// so that a few outliers do not decide. Half-quadratic splitting in turn takes the error e = shrink(w − ŵ) and the zero point z = mean(q − (w − e)·s).
/// Equals hqq 0.2.8's <c>optimize_weights_proximal_legacy</c> with groups along the inputs (axis 1): s is the inverse of a scale, z a float, q =
/// clamp(rint(fl(w·s) + z)).
/// All groups of a weight stop together, in the iteration after which the mean error no longer falls; the zero points of that iteration stay. β stays 10: that
/// version names κ = 1.01,
/// by which the paper lets β grow, and no longer multiplies by it.
/// Differs in the sums (double here) and in a last short group, which hqq does not have.
/// </summary>
public sealed class Hqq : QuantizationMethod
{
    private const int IterationCount = 20;
    private const double LpNorm = 0.7;
    private const double Beta = 10;

    /// <inheritdoc/>
    public override string Name => "hqq";

    /// <inheritdoc/>
    public override string Source => "Half-Quadratic Quantization of Large Machine Learning Models (Mobius Labs, 2023); hqq 0.2.8";

    /// <inheritdoc/>
    public override string? Refusal(QuantScheme scheme) =>
        scheme is { Weights: IntegerFormat, Symmetric: false, Activations: null, Granularity.Kind: not GranularityKind.Tensor }
            ? null
            : "asymmetric integers by channel or group, and no integer activations: HQQ's zero points are real numbers";

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int bits = linear.Scheme.Weights.Bits, groupSize = linear.Scheme.Granularity.GroupSize(linear.Weight.Columns);
        Fitted fitted = Fit(linear.Weight, bits, groupSize, linear.Kernels);
        int groupCount = (linear.Weight.Columns + groupSize - 1) / groupSize;
        var quantized = new QuantizedMatrix(linear.Weight.Rows, linear.Weight.Columns, linear.Scheme.Weights, groupSize,
            new FloatValues(linear.Weight.Rows, groupCount), new FloatValues(linear.Weight.Rows, groupCount));
        for (int row = 0; row < quantized.Rows; row++)
        {
            for (int group = 0; group < quantized.GroupCount; group++)
                quantized.SetGrid(row, group, new QuantGrid(1 / fitted.InverseScales[row, group], fitted.Zeros[row, group]));
            for (int column = 0; column < quantized.Columns; column++)
                quantized.SetCode(row, column, fitted.Encode(linear.Weight[row, column], row, column / groupSize));
        }
        return quantized;
    }

    /// <summary>The grids of all groups.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="groupSize">Columns that share a grid; the last group of a row may be shorter.</param>
    /// <param name="kernels">For the rows, in parallel; no number depends on the threads.</param>
    /// <param name="roundZero">Whether the first zero points are whole numbers.</param>
    /// <param name="iterationCount">The most iterations; 0 leaves the first grids.</param>
    public static Fitted Fit(Matrix weight, int bits, int groupSize, Kernels kernels, bool roundZero = false, int iterationCount = IterationCount)
    {
        int groupCount = (weight.Columns + groupSize - 1) / groupSize;
        var fitted = new Fitted(bits, new Matrix(weight.Rows, groupCount), new Matrix(weight.Rows, groupCount));
        kernels.Parallel(weight.Rows, row =>
        {
            for (int group = 0; group < groupCount; group++)
                (fitted.InverseScales[row, group], fitted.Zeros[row, group]) = FirstGrid(GroupOf(weight, row, group, groupSize), fitted.LastCode, roundZero);
        });
        var rowErrors = new double[weight.Rows];
        double best = double.PositiveInfinity;
        for (int i = 0; i < iterationCount; i++)
        {
            kernels.Parallel(weight.Rows, row =>
            {
                rowErrors[row] = 0;
                for (int group = 0; group < groupCount; group++)
                    rowErrors[row] += Improve(GroupOf(weight, row, group, groupSize), fitted.LastCode, fitted.InverseScales[row, group], ref fitted.Zeros[row, group]);
            });
            double error = rowErrors.Sum() / ((double)weight.Rows * weight.Columns);
            fitted.Errors.Add(error);
            if (!(error < best))
                break;
            best = error;
        }
        return fitted;
    }

    /// <summary>The proximal operator of the ℓp norm: sign(x)·max(0, |x| − |x|^(p−1)/β).</summary>
    public static float Shrink(float x, double beta)
    {
        float magnitude = MathF.Abs(x);
        return magnitude == 0 ? 0 : MathF.CopySign(MathF.Max(0, (float)(magnitude - ElementaryFunctions.Pow(magnitude, LpNorm - 1) / beta)), x);
    }

    private static Span<float> GroupOf(Matrix weight, int row, int group, int groupSize) =>
        weight.Row(row).Slice(group * groupSize, Math.Min(groupSize, weight.Columns - group * groupSize));

    private static (float InverseScale, float Zero) FirstGrid(ReadOnlySpan<float> values, int lastCode, bool roundZero)
    {
        (float min, float max) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float value in values)
            (min, max) = (MathF.Min(min, value), MathF.Max(max, value));
        float inverseScale = MathF.Abs(max - min) <= 1e-4f ? 1 : MathF.Min(lastCode / (max - min), 2e4f);
        float zero = -min * inverseScale;
        return (inverseScale, roundZero ? MathF.Round(zero) : zero);
    }

    // One iteration of a group: its sum |w − ŵ| under the zero point that it came with, and the next zero point.
    private static double Improve(ReadOnlySpan<float> values, int lastCode, float inverseScale, ref float zero)
    {
        // Below |x|^(2−p) = 1/β nothing is left of an error, so most need no power.
        var unshrunk = (float)(0.999 * ElementaryFunctions.Pow(1 / Beta, 1 / (2 - LpNorm)));
        double error = 0, sum = 0;
        foreach (float value in values)
        {
            float code = MathF.Max(0, MathF.Min(lastCode, MathF.Round(value * inverseScale + zero)));
            float difference = value - (code - zero) / inverseScale;
            float outlying = MathF.Abs(difference) < unshrunk ? 0 : Shrink(difference, Beta);
            error += MathF.Abs(difference);
            sum += code - (value - outlying) * inverseScale;
        }
        zero = (float)(sum / values.Length);
        return error;
    }

    /// <summary>The grids of a weight: q = clamp(rint(w·s + z)), ŵ = (q − z)/s.</summary>
    /// <param name="Bits">Bits of a code.</param>
    /// <param name="InverseScales">s, [rows, groups].</param>
    /// <param name="Zeros">z, [rows, groups].</param>
    public sealed record Fitted(int Bits, Matrix InverseScales, Matrix Zeros)
    {
        /// <summary>2ᵇ − 1.</summary>
        public int LastCode { get; } = (1 << Bits) - 1;

        /// <summary>Mean |w − ŵ| that each iteration began with.</summary>
        public List<double> Errors { get; } = [];

        /// <summary>The code of a value.</summary>
        public int Encode(float value, int row, int group) =>
            (int)MathF.Max(0, MathF.Min(LastCode, MathF.Round(value * InverseScales[row, group] + Zeros[row, group])));
    }
}
