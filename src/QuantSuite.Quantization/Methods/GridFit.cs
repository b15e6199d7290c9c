using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>How GPTQ-like methods fit and use grids: integers by <see cref="GptqGrid"/>, any other format by its own rule.</summary>
internal sealed record GridFit(NumericFormat Format, bool Symmetric, bool SearchClip)
{
    /// <summary>The grid of a group.</summary>
    public QuantGrid Fit(ReadOnlySpan<float> values) =>
        Format is IntegerFormat ? GptqGrid.Fit(values, Format.Bits, Symmetric, SearchClip) : Format.Fit(values, Symmetric);

    /// <summary>The nearest code.</summary>
    public int Encode(float value, QuantGrid grid) => Format.Encode(value, grid);

    /// <summary>The value of a code.</summary>
    public float Decode(int code, QuantGrid grid) => Format.Decode(code, grid);
}
