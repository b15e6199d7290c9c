using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// IR-QLoRA's information calibration (Qin et al., 2402.05445): each group is rounded so that its codes carry the most information, the entropy of how often
/// each code occurs.
/// Codebooks such as NF4 shift a group by τ before rounding and back after; τ is tried at 103 places around the median, in units of the largest distance from
/// it. τ itself
/// is held in the dynamic 8-bit table with a maximum for 256 groups, while the codes are those of the exact τ. Integers try GPTQ's range times 1, then 1.002 …
/// 1.1, then
/// 0.998 … 0.9. The first place with the largest entropy counts. Equals htqin/IR-QLoRA (utils.py, quantizer_icq.py) but for entropies that are equal up to
/// roundings:
/// float32 sums decide there, and here the first.
/// </summary>
public sealed class IrQLora : QuantizationMethod
{
    private const double Range = 0.1;
    private const int StepCount = 51;
    private const double SameEntropy = 1e-9;

    // 1 / Φ⁻¹(0.9677083): what a standard deviation is where the largest value of NF4 is 1.
    private const double Deviation = 0.5410872368978237;

    private static readonly CodebookFormat Dynamic = new("dynamic8", DynamicTable.Signed);

    /// <inheritdoc/>
    public override string Name => "irqlora";

    /// <inheritdoc/>
    public override string Source => "Accurate LoRA-Finetuning Quantization of LLMs via Information Retention (2402.05445), htqin/IR-QLoRA";

    /// <inheritdoc/>
    public override string? Refusal(QuantScheme scheme) =>
        scheme.Granularity.Kind != GranularityKind.Tensor
        && (scheme.Weights is IntegerFormat || scheme is { Weights: CodebookFormat { Scales: ScaleFormat.Fp32 }, Activations: null })
            ? null
            : "a codebook such as nf4 without nested scales, or integers, by channel or group";

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear) => linear.Scheme.Weights is CodebookFormat codebook
        ? RoundShifted(linear.Weight, codebook, linear.Scheme.Granularity.GroupSize(linear.Weight.Columns), linear.Kernels)
        : RoundIntegers(linear.Weight, linear.Scheme, linear.Kernels);

    /// <summary>Bits of information in how often each code occurs, Σ (c/n) log₂(n/c).</summary>
    public static double Entropy(ReadOnlySpan<byte> codes)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        foreach (byte code in codes)
            counts[code]++;
        double sum = 0;
        foreach (int count in counts)
            if (count > 0)
                sum += count * ElementaryFunctions.Log((double)codes.Length / count);
        return sum / (codes.Length * ElementaryFunctions.Log(2.0));
    }

    /// <summary>The shift of one group.</summary>
    /// <param name="values">The group.</param>
    /// <param name="format">The codebook.</param>
    /// <param name="codes">The codes of the values less the shift.</param>
    public static Shift FindShift(ReadOnlySpan<float> values, CodebookFormat format, Span<byte> codes)
    {
        float median = LowerMedian(values), largest = 0;
        foreach (float value in values)
            largest = MathF.Max(largest, MathF.Abs(value - median));
        var shifted = new float[values.Length];
        var candidate = new byte[values.Length];
        Shift best = default;
        for (int i = 0; i <= 2 * StepCount; i++)
        {
            float tau = (float)(Range * Deviation * (i - StepCount) / StepCount) * largest + median;
            for (int k = 0; k < shifted.Length; k++)
                shifted[k] = values[k] - tau;
            QuantGrid grid = format.Quantize(shifted, symmetric: true, candidate);
            double entropy = Entropy(candidate);
            if (i > 0 && !(entropy > best.Entropy + SameEntropy))
                continue;
            best = new Shift(i, tau, grid, entropy);
            candidate.CopyTo(codes);
        }
        return best;
    }

    /// <summary>The range of one group of integers, as a multiple of that from end to end.</summary>
    /// <param name="values">The group.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="symmetric">Whether the grid is centred on zero.</param>
    /// <param name="codes">The codes.</param>
    public static (double Share, QuantGrid Grid, double Entropy) FindRange(ReadOnlySpan<float> values, int bits, bool symmetric, Span<byte> codes)
    {
        QuantGrid whole = GptqGrid.Fit(values, bits, symmetric);
        var candidate = new byte[values.Length];
        (double Share, QuantGrid Grid, double Entropy) best = (1, whole, -1);
        foreach (double share in Shares())
        {
            var grid = new QuantGrid((float)(whole.Scale * share), whole.Zero);
            for (int k = 0; k < candidate.Length; k++)
                candidate[k] = (byte)GptqGrid.Encode(values[k], grid, bits);
            double entropy = Entropy(candidate);
            if (!(entropy > best.Entropy + SameEntropy))
                continue;
            best = (share, grid, entropy);
            candidate.CopyTo(codes);
        }
        return best;
    }

    /// <summary>The shifts of a matrix's groups, in row-major order, as they are held.</summary>
    public static NestedValues Nest(ReadOnlySpan<float> shifts, int rows, int groupCount)
    {
        var values = new NestedValues(rows, groupCount, DynamicTable.Signed, NestedScales.BlockSize);
        var codes = new byte[NestedScales.BlockSize];
        for (int first = 0; first < shifts.Length; first += codes.Length)
        {
            ReadOnlySpan<float> block = shifts[first..Math.Min(first + codes.Length, shifts.Length)];
            values.SetBlock(first / codes.Length, Dynamic.Quantize(block, symmetric: true, codes).Scale);
            for (int i = 0; i < block.Length; i++)
                values.SetCode((first + i) / groupCount, (first + i) % groupCount, codes[i]);
        }
        return values;
    }

    private static QuantizedMatrix RoundShifted(Matrix weight, CodebookFormat format, int groupSize, Kernels kernels)
    {
        int groupCount = (weight.Columns + groupSize - 1) / groupSize;
        var shifts = new Shift[weight.Rows * groupCount];
        var codes = new byte[weight.Rows * weight.Columns];
        kernels.Parallel(shifts.Length, i =>
        {
            (int row, int first) = (i / groupCount, i % groupCount * groupSize);
            int count = Math.Min(groupSize, weight.Columns - first);
            shifts[i] = FindShift(weight.Row(row).Slice(first, count), format, codes.AsSpan(row * weight.Columns + first, count));
        });
        var scales = new FloatValues(weight.Rows, groupCount);
        for (int i = 0; i < shifts.Length; i++)
            scales[i / groupCount, i % groupCount] = shifts[i].Grid.Scale;
        NestedValues offsets = Nest(Array.ConvertAll(shifts, shift => shift.Tau), weight.Rows, groupCount);
        var quantized = new QuantizedMatrix(weight.Rows, weight.Columns, format, groupSize, scales, zeros: null, offsets);
        for (int i = 0; i < codes.Length; i++)
            quantized.SetCode(i / weight.Columns, i % weight.Columns, codes[i]);
        return quantized;
    }

    private static QuantizedMatrix RoundIntegers(Matrix weight, QuantScheme scheme, Kernels kernels)
    {
        int groupSize = scheme.Granularity.GroupSize(weight.Columns), groupCount = (weight.Columns + groupSize - 1) / groupSize;
        var grids = new QuantGrid[weight.Rows * groupCount];
        var codes = new byte[weight.Rows * weight.Columns];
        kernels.Parallel(grids.Length, i =>
        {
            (int row, int first) = (i / groupCount, i % groupCount * groupSize);
            int count = Math.Min(groupSize, weight.Columns - first);
            grids[i] = FindRange(weight.Row(row).Slice(first, count), scheme.Weights.Bits, scheme.Symmetric, codes.AsSpan(row * weight.Columns + first, count)).Grid;
        });
        return QuantizedMatrix.Pack(weight.Rows, weight.Columns, scheme.Weights, groupSize, symmetric: false, grids, codes);
    }

    private static IEnumerable<double> Shares()
    {
        yield return 1;
        for (int i = 1; i <= 50; i++)
            yield return 1 + 0.1 * i / 50;
        for (int i = 1; i <= 50; i++)
            yield return 1 - 0.1 * i / 50;
    }

    private static float LowerMedian(ReadOnlySpan<float> values)
    {
        float[] sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted[(sorted.Length - 1) / 2];
    }

    /// <summary>What was found for a group.</summary>
    /// <param name="FactorIndex">Which place around the median.</param>
    /// <param name="Tau">τ, not rounded.</param>
    /// <param name="Grid">The grid of the shifted values.</param>
    /// <param name="Entropy">Bits of information in the codes.</param>
    public readonly record struct Shift(int FactorIndex, float Tau, QuantGrid Grid, double Entropy);
}
