using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SpQR (Dettmers et al., 2306.03078): small groups (16 columns) whose scales and zero points are themselves rounded to 3 bits, and the few weights that would cost the most kept
/// as they are in a sparse matrix, with GPTQ's compensation around it. The rounding: <see cref="SpqrRounding"/>. The kernels read the codes, both levels of scales and the sparse rows.
/// Differs from the reference where that keeps outliers in the model's own type: here in fp16, rounded before the error is measured. The last group of a row, and the last 16 rows,
/// may be short.
/// </summary>
public sealed class Spqr : QuantizationMethod
{
    private const int DefaultGroup = 16;
    private const int SecondLevelBits = 3;
    private const double DefaultThreshold = 0.2;

    /// <inheritdoc/>
    public override string Name => "spqr";

    /// <inheritdoc/>
    public override string Source => "SpQR (2306.03078), Vahe1994/SpQR spqr_engine.py, quant_groups.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <summary>A weight is an outlier where its error exceeds this share of mean(var(w)/U_jj²).</summary>
    public double Threshold { get; init; } = DefaultThreshold;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => Threshold == DefaultThreshold ? [] : [MethodOption.Text("threshold", Threshold)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["threshold0.5"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => MethodOption.Number(option, "threshold") is > 0 and var threshold ? new Spqr { Threshold = threshold } : null;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int bits = MethodScheme.Integers(linear, Name, 2, 8);
        SquareMatrix hessian = linear.RequireInputs.Hessian();
        DampedHessian.RemoveDeadInputs(hessian, linear.Weight);
        SquareMatrix factor = DampedHessian.Factor(hessian, DampedHessian.DefaultDamping, linear.Kernels, linear.Warn);
        var settings = new SpqrSettings
        {
            Bits = bits,
            GroupSize = MethodScheme.GroupSize(linear, DefaultGroup),
            Threshold = Threshold,
            HoldOutlier = static value => (float)(Half)value,
        };
        return Pack(new SpqrRounding(linear.Weight, factor, settings, linear.Kernels), linear.Weight, settings);
    }

    private static OutlierMatrix Pack(SpqrRounding rounding, Matrix weight, SpqrSettings settings)
    {
        float[] levels = [.. Enumerable.Range(0, 1 << SecondLevelBits).Select(code => (float)code)];
        var scales = new NestedValues(weight.Rows, rounding.GroupCount, levels, blockSize: 0, hasZeros: true);
        var zeros = new NestedValues(weight.Rows, rounding.GroupCount, levels, blockSize: 0, hasZeros: true);
        for (int second = 0; second < rounding.ScaleGrids.Length; second++)
        {
            scales.SetBlock(second, rounding.ScaleGrids[second].Scale, rounding.ScaleGrids[second].Zero);
            zeros.SetBlock(second, rounding.ZeroGrids[second].Scale, rounding.ZeroGrids[second].Zero);
        }
        var packed = new QuantizedMatrix(weight.Rows, weight.Columns, NumericFormats.Int(settings.Bits), settings.GroupSize, scales, zeros);
        var outliers = new List<Outlier>();
        for (int row = 0; row < weight.Rows; row++)
        {
            for (int group = 0; group < rounding.GroupCount; group++)
            {
                scales.SetCode(row, group, rounding.ScaleCodes[row * rounding.GroupCount + group]);
                zeros.SetCode(row, group, rounding.ZeroCodes[row * rounding.GroupCount + group]);
            }
            for (int column = 0, index = row * weight.Columns; column < weight.Columns; column++, index++)
            {
                packed.SetCode(row, column, rounding.Codes[index]);
                if (rounding.Outliers[index])
                    outliers.Add(new Outlier(row, column, weight[row, column]));
            }
        }
        return new OutlierMatrix(packed, outliers, ScaleFormat.Fp16);
    }
}
