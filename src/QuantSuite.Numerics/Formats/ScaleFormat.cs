namespace QuantSuite.Numerics.Formats;

/// <summary>How a scale is held beside its codes. Formats fit scales that this holds without loss, so storing them so changes no value.</summary>
public enum ScaleFormat
{
    /// <summary>Four bytes.</summary>
    Fp32,

    /// <summary>Two bytes, IEEE half.</summary>
    Fp16,

    /// <summary>Two bytes, bfloat16.</summary>
    Bf16,

    /// <summary>One byte e: the power of two 2^(e−127), 255 for NaN.</summary>
    E8M0,

    /// <summary>One byte b of FP8 E4M3 over a divisor of the whole tensor: fl(e4m3(b) / <see cref="NumericFormat.TensorDivisor"/>).</summary>
    E4M3,

    /// <summary>
    /// One byte b of bitsandbytes' dynamic 8-bit table (double quantization): fl(fl(dynamic8(b)·a) + offset), with a float32 a for each 256 scales of the matrix in row-major
    /// order and one float32 offset.
    /// </summary>
    Nested,
}
