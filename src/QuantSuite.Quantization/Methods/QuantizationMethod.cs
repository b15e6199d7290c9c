using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// One paper. It may change the architecture's values without changing its function (<see cref="Prepare"/> for the whole model, <see cref="Rescale"/> for a block), and round one
/// weight to codes (<see cref="Round"/>). A method overrides the step that its paper is about; what it needs to know of the inputs it declares, and the quantizer collects.
/// </summary>
public abstract class QuantizationMethod
{
    /// <summary>The name in recipes, lower case.</summary>
    public abstract string Name { get; }

    /// <summary>The paper, and the reference implementation that it equals.</summary>
    public abstract string Source { get; }

    /// <summary>What it needs to know of the inputs of each linear.</summary>
    public virtual CalibrationNeeds Needs => CalibrationNeeds.None;

    /// <summary>Whether the calibration inputs of a block come through the quantized blocks before it (GPTQ), or through the full-precision ones (AWQ, SmoothQuant).</summary>
    public virtual bool SeesQuantizedInputs => false;

    /// <summary>The recipe options that differ from the method's defaults, in canonical order, e.g. <c>actorder</c>.</summary>
    public virtual IReadOnlyList<string> Options => [];

    /// <summary>Every option that <see cref="With"/> takes, as shown to users, e.g. <c>alpha0.75</c>.</summary>
    public virtual IReadOnlyList<string> KnownOptions => [];

    /// <summary>The method with an option of its own set, or null where the option is not its own.</summary>
    public virtual QuantizationMethod? With(string option) => null;

    /// <summary>Why the method cannot round to a scheme: what it expects instead, as shown to users; null where it can.</summary>
    public virtual string? Refusal(QuantScheme scheme) => null;

    /// <summary>Changes the whole model without changing its function, before any block is calibrated (rotations).</summary>
    public virtual Architecture Prepare(Architecture architecture) => architecture;

    /// <summary>Changes a block's values without changing its function.</summary>
    public virtual void Rescale(BlockCalibration block)
    {
    }

    /// <summary>Rounds a weight [out, in] to the scheme's codes; plain rounding to nearest where the method's paper is not about this step.</summary>
    public virtual PanelMatrix Round(LinearRounding linear) => Rtn.RoundToNearest(linear.Weight, linear.Scheme, kernels: linear.Kernels);
}
