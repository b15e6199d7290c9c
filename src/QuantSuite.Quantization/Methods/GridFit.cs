using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>How GPTQ fits grids: integers by <see cref="GptqGrid"/>, any other format by its own rule.</summary>
internal sealed record GridFit(NumericFormat Format, bool Symmetric, bool SearchClip)
{
    /// <summary>The grid of a group.</summary>
    public QuantGrid Fit(ReadOnlySpan<float> values) =>
        Format is IntegerFormat ? GptqGrid.Fit(values, Format.Bits, Symmetric, SearchClip) : Format.Fit(values, Symmetric);
}
