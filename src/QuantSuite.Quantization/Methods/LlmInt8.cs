using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// LLM.int8() (Dettmers et al., 2208.07339): input channels that reach a magnitude of 6 stay out of the integer product; their inputs stay float32 and meet
/// fp16 weights. All others are
/// 8-bit codes, of the inputs by token and of the weights by output channel, summed exactly. Which channels stay out is fixed by the calibration text, so that
/// no row depends on its batch mates;
/// bitsandbytes looks at each batch instead, and multiplies these channels by the dequantized integers. The option <c>thresholdN</c> sets another magnitude
/// than 6; <c>topN</c> keeps the N channels of the largest inputs instead, whatever these are: how many outlier dimensions must stay for quality to come back.
/// </summary>
public sealed class LlmInt8 : QuantizationMethod
{
    private const float DefaultThreshold = 6;

    /// <summary>The magnitude from which on, itself included, an input makes its channel an outlier.</summary>
    public float Threshold { get; init; } = DefaultThreshold;

    /// <summary>How many channels stay out, those of the largest inputs; null leaves it to the threshold.</summary>
    public int? Top { get; init; }

    /// <inheritdoc/>
    public override string Name => "llmint8";

    /// <inheritdoc/>
    public override string Source => "LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale (2208.07339), bitsandbytes 0.50";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Magnitudes;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options =>
        Top is { } top ? [MethodOption.Text("top", top)] : Threshold == DefaultThreshold ? [] : [MethodOption.Text("threshold", Threshold)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["threshold5", "top3"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) =>
        MethodOption.Number(option, "top") is >= 1 and < 1e6 and var top && top % 1 == 0 && Threshold == DefaultThreshold ? new LlmInt8 { Top = (int)top }
        : Top is null && MethodOption.Number(option, "threshold") is > 0 and < 1e6 and var threshold ? new LlmInt8 { Threshold = (float)threshold } : null;

    /// <inheritdoc/>
    public override string? Refusal(QuantScheme scheme) =>
        scheme is { Weights: IntegerFormat { Bits: 8 }, Symmetric: true, Granularity.Kind: GranularityKind.Channel, Activations: IntegerFormat { Bits: 8 } }
            ? null
            : "8 bits on both sides, by channel: llmint8-int8-a8";

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int[] columns = Top is { } count ? LargestColumns(linear.RequireInputs.AbsMax, count) : OutlierColumns(linear.RequireInputs.AbsMax, Threshold);
        using Matrix outliers = Select(linear.Weight, columns);
        return new MixedColumns(Rtn.RoundToNearest(linear.Weight, linear.Scheme), columns, columns.Length == 0 ? null : new DensePanels(outliers, NumericFormats.Fp16));
    }

    /// <summary>The channels that reach the threshold, ascending.</summary>
    /// <param name="largest">max |x| by channel.</param>
    /// <param name="threshold">Inclusive; 0 for none.</param>
    public static int[] OutlierColumns(ReadOnlySpan<float> largest, float threshold)
    {
        var columns = new List<int>();
        for (int column = 0; column < largest.Length; column++)
            if (threshold > 0 && largest[column] >= threshold)
                columns.Add(column);
        return [.. columns];
    }

    /// <summary>The channels of the largest inputs, ascending; of equal ones the first.</summary>
    /// <param name="largest">max |x| by channel.</param>
    /// <param name="count">How many, at most all.</param>
    public static int[] LargestColumns(float[] largest, int count) =>
        [.. Enumerable.Range(0, largest.Length).OrderByDescending(column => largest[column]).Take(count).Order()];

    private static Matrix Select(Matrix weight, int[] columns)
    {
        var selected = new Matrix(weight.Rows, columns.Length);
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < columns.Length; i++)
                selected[row, i] = weight[row, columns[i]];
        return selected;
    }
}
