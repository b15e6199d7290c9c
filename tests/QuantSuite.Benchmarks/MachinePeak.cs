using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics;

namespace QuantSuite.Benchmarks;

/// <summary>What the machine can do at most: fused multiply-adds on registers, and reading memory.</summary>
internal sealed unsafe class MachinePeak : IDisposable
{
    private const int TaskCount = 32;
    private const int StepCount = 40_000;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private readonly WorkerPool pool;
    private readonly NativeBuffer? memory;
    private readonly float[] sink = new float[TaskCount];

    /// <summary>Loops on so many threads; the read loop over so many bytes.</summary>
    public MachinePeak(int threadCount, long memoryBytes = 0)
    {
        pool = new WorkerPool(threadCount);
        memory = memoryBytes > 0 ? new NativeBuffer(memoryBytes) : null;
    }

    /// <summary>Bits of the vectors used.</summary>
    public static int VectorBits => Avx512F.IsSupported ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Floating-point operations of one <see cref="MultiplyAdd"/>.</summary>
    public static double Operations => 2.0 * 12 * (VectorBits / 32) * StepCount * TaskCount;

    /// <summary>Twelve independent chains of fused multiply-adds.</summary>
    public void MultiplyAdd() => pool.Run(TaskCount, task => sink[task] = VectorBits == 512 ? Chains512(task) : Chains256(task));

    /// <summary>Reads the memory once.</summary>
    public void Read()
    {
        long size = memory!.ByteCount / TaskCount / 256 * 256;
        pool.Run(TaskCount, task => sink[task] = VectorBits == 512 ? Read512(memory.Pointer + task * size, size) : Read256(memory.Pointer + task * size, size));
    }

    public void Dispose()
    {
        pool.Dispose();
        memory?.Dispose();
    }

    [MethodImpl(Hot)]
    private static float Chains512(float seed)
    {
        Vector512<float> x = Vector512.Create(0.5f), c0 = Vector512.Create(seed), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
        for (int i = 0; i < StepCount; i++)
        {
            c0 = Avx512F.FusedMultiplyAdd(c0, x, x);
            c1 = Avx512F.FusedMultiplyAdd(c1, x, x);
            c2 = Avx512F.FusedMultiplyAdd(c2, x, x);
            c3 = Avx512F.FusedMultiplyAdd(c3, x, x);
            c4 = Avx512F.FusedMultiplyAdd(c4, x, x);
            c5 = Avx512F.FusedMultiplyAdd(c5, x, x);
            c6 = Avx512F.FusedMultiplyAdd(c6, x, x);
            c7 = Avx512F.FusedMultiplyAdd(c7, x, x);
            c8 = Avx512F.FusedMultiplyAdd(c8, x, x);
            c9 = Avx512F.FusedMultiplyAdd(c9, x, x);
            c10 = Avx512F.FusedMultiplyAdd(c10, x, x);
            c11 = Avx512F.FusedMultiplyAdd(c11, x, x);
        }
        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(Hot)]
    private static float Chains256(float seed)
    {
        Vector256<float> x = Vector256.Create(0.5f), c0 = Vector256.Create(seed), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
        for (int i = 0; i < StepCount; i++)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, x, x);
            c1 = Vector256.FusedMultiplyAdd(c1, x, x);
            c2 = Vector256.FusedMultiplyAdd(c2, x, x);
            c3 = Vector256.FusedMultiplyAdd(c3, x, x);
            c4 = Vector256.FusedMultiplyAdd(c4, x, x);
            c5 = Vector256.FusedMultiplyAdd(c5, x, x);
            c6 = Vector256.FusedMultiplyAdd(c6, x, x);
            c7 = Vector256.FusedMultiplyAdd(c7, x, x);
            c8 = Vector256.FusedMultiplyAdd(c8, x, x);
            c9 = Vector256.FusedMultiplyAdd(c9, x, x);
            c10 = Vector256.FusedMultiplyAdd(c10, x, x);
            c11 = Vector256.FusedMultiplyAdd(c11, x, x);
        }
        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(Hot)]
    private static float Read512(byte* source, long size)
    {
        Vector512<byte> a = default, b = default, c = default, d = default;
        for (byte* end = source + size; source < end; source += 256)
        {
            a |= Vector512.Load(source);
            b |= Vector512.Load(source + 64);
            c |= Vector512.Load(source + 128);
            d |= Vector512.Load(source + 192);
        }
        return Vector512.Sum((a | b | c | d).AsSingle());
    }

    [MethodImpl(Hot)]
    private static float Read256(byte* source, long size)
    {
        Vector256<byte> a = default, b = default, c = default, d = default;
        for (byte* end = source + size; source < end; source += 128)
        {
            a |= Vector256.Load(source);
            b |= Vector256.Load(source + 32);
            c |= Vector256.Load(source + 64);
            d |= Vector256.Load(source + 96);
        }
        return Vector256.Sum((a | b | c | d).AsSingle());
    }
}
