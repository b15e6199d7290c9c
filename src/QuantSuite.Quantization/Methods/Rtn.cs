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
        NumericFormat format = scheme.Weights.ForTensor(weight.Span);
        int groupSize = scheme.Granularity.GroupSize(weight.Columns), groupCount = (weight.Columns + groupSize - 1) / groupSize;
        QuantGrid? shared = scheme.Granularity.Kind == GranularityKind.Tensor ? format.Fit(weight.Span, scheme.Symmetric) : null;
        var grids = new QuantGrid[weight.Rows * groupCount];
        var codes = new byte[weight.Rows * weight.Columns];
        for (int i = 0; i < grids.Length; i++)
        {
            int row = i / groupCount, first = i % groupCount * groupSize, end = Math.Min(first + groupSize, weight.Columns);
            grids[i] = format.Quantize(weight.Row(row)[first..end], scheme.Symmetric, codes.AsSpan(row * weight.Columns + first), shared);
        }
        return QuantizedMatrix.Pack(weight.Rows, weight.Columns, format, groupSize, scheme.Symmetric, grids, codes);
    }
}
