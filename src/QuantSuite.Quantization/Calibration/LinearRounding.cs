using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Calibration;

/// <summary>One linear on its way to codes: its values after all rescaling, what to round them to, and what is known of its inputs.</summary>
public sealed class LinearRounding
{
    /// <summary>The tensor's name without <c>.weight</c>.</summary>
    public required string Name { get; init; }

    /// <summary>float32 [out, in]; the method may use it up.</summary>
    public required Matrix Weight { get; init; }

    /// <summary>Format, granularity, symmetry.</summary>
    public required QuantScheme Scheme { get; init; }

    /// <summary>The inputs over the calibration text, with all that the methods of the recipe need; null where none needs anything.</summary>
    public InputStatistics? Inputs { get; init; }

    /// <summary>For parallel work; no number depends on the threads.</summary>
    public required Kernels Kernels { get; init; }

    /// <summary>Takes what the user should know of this linear (damping raised, too few tokens), without its name.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>The inputs, or an error that names the method.</summary>
    /// <exception cref="InvalidOperationException">The method did not declare its needs.</exception>
    public InputStatistics RequireInputs => Inputs ?? throw new InvalidOperationException($"{Name}: the method reads calibration inputs that it did not ask for.");
}
