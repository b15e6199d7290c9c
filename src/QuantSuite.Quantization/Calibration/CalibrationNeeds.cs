namespace QuantSuite.Quantization.Calibration;

/// <summary>What a method needs to know of the inputs of each linear.</summary>
[Flags]
public enum CalibrationNeeds
{
    /// <summary>Nothing: no calibration text is read.</summary>
    None = 0,

    /// <summary>The largest and the mean magnitude of each input channel.</summary>
    Magnitudes = 1,

    /// <summary>H = (2/n) Σ x xᵀ.</summary>
    Hessian = 2,

    /// <summary>The inputs of the first sequences themselves.</summary>
    Samples = 4,
}
