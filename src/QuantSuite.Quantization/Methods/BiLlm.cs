using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// BiLLM (Huang et al., 2402.04291): one bit a weight, two where columns are salient, with the others split in two regions of magnitude. The rounding: <see cref="BiLlmRounding"/>.
/// A weight is one of eight values of its row and block (two regions by two signs, and four of the salient columns), so codes take 3 bits; the paper counts the signs alone.
/// </summary>
public sealed class BiLlm : QuantizationMethod
{
    private const int DefaultBlock = 128;
    private const int CodeBits = 3;
    private const int SalientCode = 4;

    /// <inheritdoc/>
    public override string Name => "billm";

    /// <inheritdoc/>
    public override string Source => "BiLLM (2402.04291), Aaronhuang-778/BiLLM bigptq.py, utils, binary.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <summary>Whether the searches run on the weights rather than on w²/U_jj².</summary>
    public bool ByMagnitude { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => ByMagnitude ? ["magnitude"] : [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["magnitude"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => option == "magnitude" ? new BiLlm { ByMagnitude = true } : null;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        MethodScheme.Binary(linear, Name);
        var settings = new BiLlmSettings { BlockSize = MethodScheme.GroupSize(linear, DefaultBlock), ByMagnitude = ByMagnitude, Hold = static value => (float)(Half)value };
        var rounding = new BiLlmRounding(linear.Weight, linear.RequireInputs.Hessian(), settings, linear.Kernels, linear.Warn);
        var packed = new TableMatrix(linear.Weight.Rows, linear.Weight.Columns, CodeBits, settings.BlockSize, ScaleFormat.Fp16);
        for (int row = 0; row < packed.Rows; row++)
            for (int i = 0; i < rounding.Blocks.Count; i++)
            {
                BiLlmBlock block = rounding.Blocks[i];
                packed.SetTable(row, i, [.. block.Table(row, salient: false), .. block.Table(row, salient: true)]);
                for (int column = 0; column < block.Count; column++)
                    packed.SetCode(row, block.First + column, block.Code(row, column) + (block.Regions[row * block.Count + column] == BiLlmBlock.Salient ? SalientCode : 0));
            }
        return packed;
    }
}
