using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization;

/// <summary>
/// The values of a model's linears just before a recipe rounds them: in full precision, but rescaled and rotated like the quantized model around them, so that one linear can be
/// given them back alone. What calibrates is kept here, as float32; a recipe that does not calibrate rounds what its weights read, which needs no keeping.
/// </summary>
public sealed class UnroundedValues : IDisposable
{
    private readonly Dictionary<Weight, Matrix> kept = [];

    /// <summary>The full-precision storage of a linear of the model; the caller owns it.</summary>
    public PanelMatrix StorageOf(Weight weight)
    {
        if (kept.TryGetValue(weight, out Matrix? values))
            return new DensePanels(values, NumericFormats.Fp32);
        using Matrix read = weight.Read();
        return new DensePanels(read, NumericFormats.Fp32);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix values in kept.Values)
            values.Dispose();
        kept.Clear();
    }

    // The method may use the values up.
    internal void Keep(Weight weight, Matrix values) => kept.Add(weight, new Matrix(values.Rows, values.Columns, values.Span));
}
