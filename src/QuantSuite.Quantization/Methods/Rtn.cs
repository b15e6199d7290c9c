using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Rounding to nearest: a grid is fitted to each group's smallest and largest value, and every weight takes the nearest point. Needs no data.
/// Grids are those of GPTQ's <c>quant.py</c> (asymmetric) and of restricted symmetric rounding: see <see cref="IntegerFormat"/>.
/// </summary>
public sealed class Rtn : QuantizationMethod
{
    /// <inheritdoc/>
    public override string Name => "rtn";

    /// <inheritdoc/>
    public override string Source => "rounding to nearest, as in GPTQ (2210.17323), quant.py";

    /// <summary>Rounds every weight [out, in] to the nearest point of its group's grid.</summary>
    public static QuantizedMatrix RoundToNearest(Matrix weight, QuantScheme scheme)
    {
        int groupSize = scheme.Granularity.GroupSize(weight.Columns);
        NumericFormat format = scheme.Weights.ForTensor(weight.Span);
        var quantized = new QuantizedMatrix(weight.Rows, weight.Columns, format, groupSize, scheme.Symmetric);
        QuantGrid? shared = scheme.Granularity.Kind == GranularityKind.Tensor ? format.Fit(weight.Span, scheme.Symmetric) : null;
        var codes = new byte[groupSize];
        for (int row = 0; row < weight.Rows; row++)
        {
            ReadOnlySpan<float> values = weight.Row(row);
            for (int group = 0; group < quantized.GroupCount; group++)
            {
                int first = group * groupSize, end = Math.Min(first + groupSize, values.Length);
                QuantGrid grid = format.Quantize(values[first..end], scheme.Symmetric, codes, shared);
                quantized.SetGrid(row, group, grid);
                for (int column = first; column < end; column++)
                    quantized.SetCode(row, column, codes[column - first]);
            }
        }
        if (format.Scales == ScaleFormat.Nested)
            NestScales(quantized);
        return quantized;
    }

    // Double quantization: the codes are those of the exact scales.
    private static void NestScales(QuantizedMatrix quantized)
    {
        var scales = new float[quantized.Rows * quantized.GroupCount];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = quantized.Scale(i / quantized.GroupCount, i % quantized.GroupCount);
        var nested = NestedScales.Fit(scales);
        for (int i = 0; i < scales.Length; i++)
            quantized.SetGrid(i / quantized.GroupCount, i % quantized.GroupCount, new QuantGrid(nested[i], 0));
    }
}
