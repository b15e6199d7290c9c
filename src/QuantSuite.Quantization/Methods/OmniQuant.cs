using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// OmniQuant's learnable weight clipping (Shao et al., 2308.13137): the grid of every group covers σ(γ)·max … σ(β)·min instead of all of it, γ and β learned
/// on the outputs.
/// The grids equal OpenGVLab's <c>UniformAffineQuantizer(lwc)</c>. The reference learns γ and β by gradients through a straight-through estimator; here they
/// are searched, group by group and
/// deterministically, on the exact loss of the linear over all calibration tokens, (w − ŵ) H (w − ŵ)ᵀ: steps of a tenth, then of a twentieth … of each bound
/// in turn, kept where the loss falls. So the
/// loss is never above plain rounding's. A group whose values have one sign gets 0 into its range, so that its zero point stays a code.
/// </summary>
public sealed class OmniQuant : QuantizationMethod
{
    private const float SmallestScale = 1e-5f;
    private const float LargestScale = 1e4f;
    private const double SmallestShare = 0.3;
    private static readonly double[] Steps = [0.1, 0.05, 0.025];

    /// <inheritdoc/>
    public override string Name => "omniquant";

    /// <inheritdoc/>
    public override string Source => "OmniQuant: Omnidirectionally Calibrated Quantization for Large Language Models (2308.13137), OpenGVLab/OmniQuant quantizer.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <inheritdoc/>
    public override string? Refusal(QuantScheme scheme) =>
        scheme is { Weights: IntegerFormat, Granularity.Kind: not GranularityKind.Tensor } ? null : "integers by channel or group: what is learned is a clipping of each";

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        Matrix weight = linear.Weight;
        int bits = linear.Scheme.Weights.Bits, groupSize = linear.Scheme.Granularity.GroupSize(weight.Columns);
        var quantized = new QuantizedMatrix(weight.Rows, weight.Columns, NumericFormats.Int(bits), groupSize, symmetric: false);
        SquareMatrix hessian = linear.RequireInputs.Hessian();
        linear.Kernels.Parallel(weight.Rows, row =>
        {
            ClippingGrid[] grids = Search(weight.Row(row), hessian, groupSize, bits, linear.Scheme.Symmetric);
            lock (quantized)
                Store(quantized, row, weight.Row(row), grids);
        });
        return quantized;
    }

    /// <summary>The clipped grids of one row that lower (w − ŵ) H (w − ŵ)ᵀ.</summary>
    /// <param name="values">A row of the weight.</param>
    /// <param name="hessian">H, [in, in].</param>
    /// <param name="groupSize">Columns that share a grid.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="symmetric">Whether both bounds move together.</param>
    public static ClippingGrid[] Search(ReadOnlySpan<float> values, SquareMatrix hessian, int groupSize, int bits, bool symmetric)
    {
        int groupCount = (values.Length + groupSize - 1) / groupSize;
        var grids = new ClippingGrid[groupCount];
        var errors = new double[values.Length];
        for (int group = 0; group < groupCount; group++)
        {
            ReadOnlySpan<float> part = Part(values, group, groupSize);
            grids[group] = WithZero(part, 1, 1, bits, symmetric);
            WriteErrors(part, grids[group], errors.AsSpan(group * groupSize));
        }
        var gradient = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
            DoubleRow.AddMultiple(errors[i], hessian.Row(i), gradient);
        for (int group = 0; group < groupCount; group++)
        {
            int first = group * groupSize;
            ReadOnlySpan<float> part = Part(values, group, groupSize);
            double[] old = errors[first..(first + part.Length)];
            grids[group] = SearchGroup(part, old, gradient.AsSpan(first, part.Length), hessian, first, grids[group], bits, symmetric);
            WriteErrors(part, grids[group], errors.AsSpan(first));
            for (int i = 0; i < part.Length; i++)
                if (errors[first + i] != old[i])
                    DoubleRow.AddMultiple(errors[first + i] - old[i], hessian.Row(first + i), gradient);
        }
        return grids;
    }

    /// <summary>The folding of the learnable equivalent transformation in a norm: gain / scales, (bias − shifts) / scales.</summary>
    /// <param name="gain">[channels], changed in place.</param>
    /// <param name="bias">[channels], changed in place; zeros where the norm has none.</param>
    public static void FoldNorm(Span<float> gain, Span<float> bias, ReadOnlySpan<float> scales, ReadOnlySpan<float> shifts)
    {
        for (int i = 0; i < gain.Length; i++)
        {
            bias[i] = (bias[i] - shifts[i]) / scales[i];
            gain[i] /= scales[i];
        }
    }

    /// <summary>The folding in a linear after the norm: bias + W·shifts, then W · diag(scales).</summary>
    public static void FoldLinear(Matrix weight, Span<float> bias, ReadOnlySpan<float> scales, ReadOnlySpan<float> shifts)
    {
        for (int row = 0; row < weight.Rows; row++)
        {
            Span<float> values = weight.Row(row);
            double sum = 0;
            for (int k = 0; k < values.Length; k++)
            {
                sum += (double)values[k] * shifts[k];
                values[k] *= scales[k];
            }
            bias[row] += (float)sum;
        }
    }

    /// <summary>Scales between queries and keys: W_q / s and W_k · s by output, with their biases.</summary>
    public static void FoldQueryKey(Matrix query, Span<float> queryBias, Matrix key, Span<float> keyBias, ReadOnlySpan<float> scales)
    {
        for (int row = 0; row < scales.Length; row++)
        {
            foreach (ref float value in query.Row(row))
                value /= scales[row];
            foreach (ref float value in key.Row(row))
                value *= scales[row];
            queryBias[row] /= scales[row];
            keyBias[row] *= scales[row];
        }
    }

    private static ReadOnlySpan<float> Part(ReadOnlySpan<float> values, int group, int groupSize) =>
        values.Slice(group * groupSize, Math.Min(groupSize, values.Length - group * groupSize));

    private static ClippingGrid WithZero(ReadOnlySpan<float> values, double upper, double lower, int bits, bool symmetric)
    {
        (float min, float max) = ClippingGrid.Range(values);
        return ClippingGrid.Of((float)upper * MathF.Max(max, 0), (float)lower * MathF.Min(min, 0), bits, symmetric, SmallestScale, LargestScale) with { Upper = upper, Lower = lower };
    }

    private static ClippingGrid SearchGroup(
        ReadOnlySpan<float> values, double[] old, ReadOnlySpan<double> gradient, SquareMatrix hessian, int first, ClippingGrid best, int bits, bool symmetric)
    {
        double lowest = 0;
        foreach (double step in Steps)
            for (bool improved = true; improved;)
            {
                improved = false;
                foreach ((double up, double down) in Moves(step, symmetric))
                {
                    double upper = best.Upper + up, lower = best.Lower + down;
                    if (upper is < SmallestShare or > 1 || lower is < SmallestShare or > 1)
                        continue;
                    ClippingGrid grid = WithZero(values, upper, lower, bits, symmetric);
                    double change = LossChange(values, grid, old, gradient, hessian, first);
                    if (change < lowest)
                        (lowest, best, improved) = (change, grid, true);
                }
            }
        return best;
    }

    private static (double Up, double Down)[] Moves(double step, bool symmetric) =>
        symmetric ? [(-step, -step), (step, step)] : [(-step, 0), (step, 0), (0, -step), (0, step)];

    // With δ = e′ − e in one group: δ H δᵀ + 2 δ (H e)ᵀ.
    private static double LossChange(ReadOnlySpan<float> values, ClippingGrid grid, double[] old, ReadOnlySpan<double> gradient, SquareMatrix hessian, int first)
    {
        Span<double> errors = new double[values.Length], products = new double[values.Length];
        WriteErrors(values, grid, errors);
        for (int i = 0; i < errors.Length; i++)
            errors[i] -= old[i];
        for (int i = 0; i < errors.Length; i++)
            if (errors[i] != 0)
                DoubleRow.AddMultiple(errors[i], hessian.Row(first + i).Slice(first, errors.Length), products);
        double change = 0;
        for (int i = 0; i < errors.Length; i++)
            change += errors[i] * (products[i] + 2 * gradient[i]);
        return change;
    }

    private static void WriteErrors(ReadOnlySpan<float> values, ClippingGrid grid, Span<double> errors)
    {
        for (int i = 0; i < values.Length; i++)
            errors[i] = grid.Decode(grid.Encode(values[i])) - values[i];
    }

    private static void Store(QuantizedMatrix quantized, int row, ReadOnlySpan<float> values, ClippingGrid[] grids)
    {
        for (int group = 0; group < grids.Length; group++)
            quantized.SetGrid(row, group, new QuantGrid(grids[group].Scale, grids[group].Zero));
        for (int column = 0; column < values.Length; column++)
            quantized.SetCode(row, column, grids[column / quantized.GroupSize].Encode(values[column]));
    }
}
