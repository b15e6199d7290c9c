using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Any-Precision LLM (Park et al., 2402.10517): one store of nested codes (<see cref="AnyPrecisionStore"/>) serves every width from 3 bits to 8; int4 takes the four top bits of its
/// codes, and the tables that belong to them.
/// </summary>
/// <remarks>
/// Differs from the reference in two points. The sensitivity of a weight is its input's Σx², the diagonal of the layer's Hessian; the paper's is the square of the loss's gradient,
/// which takes a backward pass. The seed of 3 bits is the best there is, by dynamic programming, rather than a random k-means++ start; the reference's own seeds are reproduced by
/// the golden vectors from where they are given.
/// </remarks>
public sealed class AnyPrecision : QuantizationMethod
{
    /// <inheritdoc/>
    public override string Name => "anyprecision";

    /// <inheritdoc/>
    public override string Source => "Any-Precision LLM (2402.10517), SNU-ARC/any-precision-llm quantize.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int bits = MethodScheme.Integers(linear, Name, AnyPrecisionStore.SeedBits, AnyPrecisionStore.ParentBits);
        return Nest(linear).At(bits);
    }

    /// <summary>The store of all widths of a linear.</summary>
    public static AnyPrecisionStore Nest(LinearRounding linear)
    {
        InputStatistics inputs = linear.RequireInputs;
        float[] sensitivities = [.. Enumerable.Range(0, inputs.Columns).Select(column => (float)(inputs.Sum ?? throw new InvalidOperationException($"{linear.Name}: no Hessian."))[column, column])];
        return AnyPrecisionStore.Make(linear.Weight, sensitivities, MethodScheme.GroupSize(linear, linear.Weight.Columns), linear.Kernels);
    }
}
