using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SpQR: small groups (16 columns) whose scales and zero points are themselves rounded to 3 bits, and the few weights that would cost the most kept as they are in a sparse
/// matrix. GPTQ's compensation around it.
/// </summary>
public sealed class Spqr : QuantizationMethod
{
    /// <inheritdoc/>
    public override string Name => "spqr";

    /// <inheritdoc/>
    public override string Source => "SpQR (2306.03078), Vahe1994/SpQR spqr_engine.py, quant_groups.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;
}
