using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>What methods with a storage of their own can round to. Anything else ends in a message.</summary>
internal static class MethodScheme
{
    /// <summary>The bits of an asymmetric integer scheme without activations.</summary>
    /// <exception cref="RecipeException">The scheme is another one.</exception>
    public static int Integers(LinearRounding linear, string method, int leastBits, int mostBits)
    {
        QuantScheme scheme = linear.Scheme;
        if (scheme.Weights is not IntegerFormat { Range: IntegerRange.Standard } || scheme.Weights.Bits < leastBits || scheme.Weights.Bits > mostBits || IsForcedSymmetric(scheme))
            throw Refused(linear, method, $"int{leastBits} to int{mostBits} with grids of its own");
        RequireWeightOnly(linear, method);
        return scheme.Weights.Bits;
    }

    /// <summary>Binary weights without activations.</summary>
    /// <exception cref="RecipeException">The scheme is another one.</exception>
    public static void Binary(LinearRounding linear, string method)
    {
        if (linear.Scheme.Weights is not BinaryFormat || linear.Scheme.Symmetric)
            throw Refused(linear, method, "binary with means and scales of its own");
        RequireWeightOnly(linear, method);
    }

    /// <summary>The group size of the scheme, or the method's own where the recipe names none (one for each channel is written by naming none, too).</summary>
    public static int GroupSize(LinearRounding linear, int otherwise) =>
        Math.Min(linear.Weight.Columns, linear.Scheme.Granularity.Kind == GranularityKind.Group ? linear.Scheme.Granularity.Size : otherwise);

    // int8 is symmetric where a recipe does not say.
    private static bool IsForcedSymmetric(QuantScheme scheme) => scheme.Symmetric && scheme.Weights.Bits < 8;

    private static void RequireWeightOnly(LinearRounding linear, string method)
    {
        if (linear.Scheme.Activations is { } activations)
            throw new RecipeException($"{linear.Name}: {method} quantizes weights only, its storage has no integer product; got activations of {activations}. Leave them out of the recipe.");
        if (linear.Scheme.Granularity.Kind == GranularityKind.Tensor)
            throw new RecipeException($"{linear.Name}: {method} has grids by row and group; got one for the tensor. Leave it out of the recipe, or name a group such as g128.");
    }

    private static RecipeException Refused(LinearRounding linear, string method, string expected) =>
        new($"{linear.Name}: {method} rounds to {expected}; got {linear.Scheme.Weights}{(linear.Scheme.Symmetric ? " (symmetric)" : "")}.");
}
