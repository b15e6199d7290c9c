using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// PB-LLM (Shang et al., 2310.00034): a small share of salient weights in 8 bits, all others binary. The rounding: <see cref="PbLlmRounding"/>. One bit a weight and two fp16 values
/// for each row and group; salient weights stand in their places as fp16 values of their row's 8-bit grid, with their columns (the paper counts 8 bits each and no index).
/// </summary>
public sealed class PbLlm : QuantizationMethod
{
    private const double DefaultSalientShare = 0.1;

    /// <inheritdoc/>
    public override string Name => "pbllm";

    /// <inheritdoc/>
    public override string Source => "PB-LLM (2310.00034), hahnyuan/PB-LLM gptq_pb";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <summary>The share of weights that keeps 8 bits.</summary>
    public double SalientShare { get; init; } = DefaultSalientShare;

    /// <summary>Whether salience is |w| rather than w²/U_jj².</summary>
    public bool ByMagnitude { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options =>
        [.. SalientShare == DefaultSalientShare ? [] : (string[])[MethodOption.Text("salient", SalientShare)], .. ByMagnitude ? (string[])["magnitude"] : []];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["salient0.2", "magnitude"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => option == "magnitude" ? new PbLlm { SalientShare = SalientShare, ByMagnitude = true }
        : MethodOption.Number(option, "salient") is > 0 and < 1 and var share ? new PbLlm { SalientShare = share, ByMagnitude = ByMagnitude } : null;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        MethodScheme.Binary(linear, Name);
        var settings = new PbLlmSettings
        {
            LowFraction = 1 - SalientShare,
            GroupSize = MethodScheme.GroupSize(linear, linear.Weight.Columns),
            ByMagnitude = ByMagnitude,
            Hold = static value => (float)(Half)value,
        };
        return Pack(new PbLlmRounding(linear.Weight, linear.RequireInputs.Hessian(), settings, linear.Kernels, linear.Warn), linear.Weight);
    }

    private static OutlierMatrix Pack(PbLlmRounding rounding, Matrix weight)
    {
        var packed = new TableMatrix(weight.Rows, weight.Columns, 1, rounding.GroupSize, ScaleFormat.Fp16);
        var salient = new List<Outlier>();
        for (int row = 0; row < weight.Rows; row++)
        {
            for (int group = 0; group < rounding.GroupCount; group++)
                packed.SetTable(row, group, [rounding.BinaryValue(row, group, -1), rounding.BinaryValue(row, group, 1)]);
            for (int column = 0, index = row * weight.Columns; column < weight.Columns; column++, index++)
                if (!rounding.IsBinary[index])
                    salient.Add(new Outlier(row, column, weight[row, column]));
                else if (rounding.Codes[index] > 0)
                    packed.SetCode(row, column, 1);
        }
        return new OutlierMatrix(packed, salient, ScaleFormat.Fp16);
    }
}
