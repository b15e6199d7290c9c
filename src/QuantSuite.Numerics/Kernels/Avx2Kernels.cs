using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>Kernels for processors with AVX2 and FMA: tiles of 6 rows by 16 outputs in 12 registers.</summary>
public sealed unsafe class Avx2Kernels : VectorKernels
{
    /// <summary>Kernels on so many threads (0: one for each processor).</summary>
    /// <exception cref="ArgumentException">The processor lacks AVX2 or FMA.</exception>
    public Avx2Kernels(int threadCount)
        : base(threadCount)
    {
        if (!IsSupported)
            throw new ArgumentException("This processor has no AVX2 with FMA.");
    }

    /// <summary>Whether this processor has what these kernels need.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <inheritdoc/>
    public override string Name => "avx2";

    private protected override void MultiplyStrip(in Strip strip) => Avx2Tiles.Multiply(strip);
}
