using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>Kernels for processors with AVX-512 F, BW, DQ and VL: tiles of 8 rows by 48 outputs in 24 registers.</summary>
public sealed unsafe class Avx512Kernels : VectorKernels
{
    /// <summary>Kernels on so many threads (0: one for each processor).</summary>
    /// <exception cref="ArgumentException">The processor lacks AVX-512.</exception>
    public Avx512Kernels(int threadCount)
        : base(threadCount)
    {
        if (!IsSupported)
            throw new ArgumentException("This processor has no AVX-512 (F, BW, DQ, VL).");
    }

    /// <summary>Whether this processor has what these kernels need. Not <c>Vector512.IsHardwareAccelerated</c>: that is false on processors that merely slow down.</summary>
    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;

    /// <inheritdoc/>
    public override string Name => "avx512";

    private protected override void MultiplyStrip(in Strip strip) => Avx512Tiles.Multiply(strip);
}
