using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

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

    /// <summary>Whether grids shrink by GPTQ's clip search (its <c>mse</c>), integers only.</summary>
    public bool SearchClip { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => SearchClip ? ["mse"] : [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["mse"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => option == "mse" ? new Rtn { SearchClip = true } : null;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear) => RoundToNearest(linear.Weight, linear.Scheme, SearchClip, linear.Kernels);

    /// <summary>Rounds every weight [out, in] to the nearest point of its group's grid.</summary>
    /// <param name="searchClip">Whether grids are <see cref="GptqGrid"/>'s, shrunk to the least error.</param>
    /// <param name="kernels">For parallel work over rows, or null.</param>
    /// <exception cref="RecipeException">The clip search with a format that is no integer.</exception>
    public static QuantizedMatrix RoundToNearest(Matrix weight, QuantScheme scheme, bool searchClip = false, Kernels? kernels = null)
    {
        NumericFormat format = scheme.Weights.ForTensor(weight.Span);
        int groupSize = scheme.Granularity.GroupSize(weight.Columns), groupCount = (weight.Columns + groupSize - 1) / groupSize;
        QuantGrid? shared = scheme.Granularity.Kind != GranularityKind.Tensor ? null
            : searchClip ? SearchedGrid(weight.Span, format, scheme.Symmetric) : format.Fit(weight.Span, scheme.Symmetric);
        var grids = new QuantGrid[weight.Rows * groupCount];
        var codes = new byte[weight.Rows * weight.Columns];
        if (kernels is null)
            for (int row = 0; row < weight.Rows; row++)
                RoundRow(row);
        else
            kernels.Parallel(weight.Rows, RoundRow);
        return QuantizedMatrix.Pack(weight.Rows, weight.Columns, format, groupSize, scheme.Symmetric, grids, codes);

        void RoundRow(int row)
        {
            for (int group = 0; group < groupCount; group++)
            {
                int first = group * groupSize, end = Math.Min(first + groupSize, weight.Columns);
                ReadOnlySpan<float> values = weight.Row(row)[first..end];
                QuantGrid? known = shared ?? (searchClip ? SearchedGrid(values, format, scheme.Symmetric) : null);
                grids[row * groupCount + group] = format.Quantize(values, scheme.Symmetric, codes.AsSpan(row * weight.Columns + first), known);
            }
        }
    }

    private static QuantGrid SearchedGrid(ReadOnlySpan<float> values, NumericFormat format, bool symmetric) => format is IntegerFormat
        ? GptqGrid.Fit(values, format.Bits, symmetric, searchClip: true)
        : throw new RecipeException($"The clip search (mse) is defined for integers, got {format}; leave it out, or take int{format.Bits}.");
}
