using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// DB-LLM (Chen et al., 2402.11960), in part: its flexible dual binarization <see cref="DualBinary"/>, two planes of one bit with a scale each for a group. The paper learns the
/// scales in a fine-tuning with a distillation of its own; here they are fitted in closed form, least squares and nearest levels in turn from the paper's start. It needs no data.
/// </summary>
public sealed class DbLlm : QuantizationMethod
{
    private const int Bits = 2;

    /// <inheritdoc/>
    public override string Name => "dbllm";

    /// <inheritdoc/>
    public override string Source => "DB-LLM (2402.11960), flexible dual binarization without its fine-tuning; the authors published no code";

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        MethodScheme.Integers(linear, Name, Bits, Bits);
        var packed = new TableMatrix(linear.Weight.Rows, linear.Weight.Columns, Bits, MethodScheme.GroupSize(linear, linear.Weight.Columns), ScaleFormat.Fp16);
        linear.Kernels.Parallel(packed.Rows, row =>
        {
            for (int group = 0; group < packed.GroupCount; group++)
                Round(linear.Weight.Row(row), packed, row, group);
        });
        return packed;
    }

    private static void Round(ReadOnlySpan<float> row, TableMatrix packed, int rowIndex, int group)
    {
        int first = group * packed.GroupSize, count = Math.Min(packed.GroupSize, packed.Columns - first);
        DualBinary levels = DualBinary.Fit(row.Slice(first, count), static value => (float)(Half)value);
        packed.SetTable(rowIndex, group, [levels[0], levels[1], levels[2], levels[3]]);
        for (int i = 0; i < count; i++)
            packed.SetCode(rowIndex, first + i, levels.Encode(row[first + i]));
    }
}
