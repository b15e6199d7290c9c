using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SliM-LLM (Huang et al., 2405.14917): groups of columns have a bit less or more by their salience, the mean stays; grids by salience-weighted search; GPTQ's compensation around.
/// The allocation: <see cref="SliMLlmAllocation"/>; the rounding: <see cref="SliMLlmRounding"/>. Neighbouring groups of equal bits are one part of the stored weight.
/// Differs from the reference in the divergence's sample: the first sequences up to 2,048 tokens rather than all.
/// </summary>
public sealed class SliMLlm : QuantizationMethod
{
    private const int DefaultGroup = 128;
    private const int SearchTokenCount = 2048;

    /// <inheritdoc/>
    public override string Name => "slimllm";

    /// <inheritdoc/>
    public override string Source => "SliM-LLM (2405.14917), Aaronhuang-778/SliM-LLM slim_gptq.py, utils";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian | CalibrationNeeds.Samples;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <summary>λ, how much salient weights count in the search for a grid.</summary>
    public double Lambda { get; init; } = 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => Lambda == 1 ? [] : [MethodOption.Text("lambda", Lambda)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["lambda2"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => MethodOption.Number(option, "lambda") is > 0 and var lambda ? new SliMLlm { Lambda = lambda } : null;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int bits = MethodScheme.Integers(linear, Name, 2, 7);
        InputStatistics inputs = linear.RequireInputs;
        var rounding = new SliMLlmRounding(linear.Weight, inputs.Hessian(), [.. SearchSamples(inputs.Samples)], bits, MethodScheme.GroupSize(linear, DefaultGroup), Lambda,
            DampedHessian.DefaultDamping, linear.Kernels, linear.Warn, static value => (float)(Half)value);
        return Pack(rounding, linear.Weight);
    }

    private static IEnumerable<Matrix> SearchSamples(IReadOnlyList<Matrix> samples)
    {
        int tokens = 0;
        return samples.TakeWhile((sample, i) => (tokens += sample.Rows) <= SearchTokenCount || i == 0);
    }

    private static PanelMatrix Pack(SliMLlmRounding rounding, Matrix weight)
    {
        var parts = new List<PanelMatrix>();
        for (int first = 0, end; first < rounding.GroupBits.Length; first = end)
        {
            end = first + 1;
            while (end < rounding.GroupBits.Length && rounding.GroupBits[end] == rounding.GroupBits[first])
                end++;
            parts.Add(rounding.GroupBits[first] == 1 ? PackSigns(rounding, weight, first, end) : PackIntegers(rounding, weight, first, end));
        }
        return parts.Count == 1 ? parts[0] : new SegmentedMatrix(parts);
    }

    private static TableMatrix PackSigns(SliMLlmRounding rounding, Matrix weight, int firstGroup, int endGroup)
    {
        (int first, int count) = Columns(rounding, weight, firstGroup, endGroup);
        var part = new TableMatrix(weight.Rows, count, 1, rounding.GroupSize, ScaleFormat.Fp16);
        for (int row = 0; row < weight.Rows; row++)
        {
            for (int group = firstGroup; group < endGroup; group++)
                part.SetTable(row, group - firstGroup, [rounding.SignValue(row, group, 0), rounding.SignValue(row, group, 1)]);
            for (int column = 0; column < count; column++)
                part.SetCode(row, column, rounding.Codes[row * weight.Columns + first + column]);
        }
        return part;
    }

    private static QuantizedMatrix PackIntegers(SliMLlmRounding rounding, Matrix weight, int firstGroup, int endGroup)
    {
        (int first, int count) = Columns(rounding, weight, firstGroup, endGroup);
        var part = new QuantizedMatrix(weight.Rows, count, NumericFormats.Int(rounding.GroupBits[firstGroup]), rounding.GroupSize, symmetric: false);
        for (int row = 0; row < weight.Rows; row++)
        {
            for (int group = firstGroup; group < endGroup; group++)
                part.SetGrid(row, group - firstGroup, rounding.Grid(row, group));
            for (int column = 0; column < count; column++)
                part.SetCode(row, column, rounding.Codes[row * weight.Columns + first + column]);
        }
        return part;
    }

    private static (int First, int Count) Columns(SliMLlmRounding rounding, Matrix weight, int firstGroup, int endGroup) =>
        (firstGroup * rounding.GroupSize, Math.Min(endGroup * rounding.GroupSize, weight.Columns) - firstGroup * rounding.GroupSize);
}
