using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>One paper: it may rescale a block without changing its function, and round one weight to codes. A method overrides the step that its paper is about.</summary>
public abstract class QuantizationMethod
{
    /// <summary>The name in recipes, lower case.</summary>
    public abstract string Name { get; }

    /// <summary>The paper, and the reference implementation that it equals.</summary>
    public abstract string Source { get; }

    /// <summary>Rounds a weight [out, in] to the scheme's codes.</summary>
    public abstract QuantizedMatrix Round(Matrix weight, QuantScheme scheme);
}
