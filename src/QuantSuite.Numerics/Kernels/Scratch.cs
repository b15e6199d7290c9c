namespace QuantSuite.Numerics;

/// <summary>Memory of a thread's own that kernels work in: taken once, grown when a task needs more, freed with the thread. One task uses it at a time.</summary>
internal static unsafe class Scratch
{
    [ThreadStatic]
    private static NativeBuffer? buffer;

    [ThreadStatic]
    private static NativeBuffer? grids;

    /// <summary>Room for so many floats, 64-byte aligned, with contents left over from before.</summary>
    public static float* Floats(long count) => Take(ref buffer, count);

    /// <summary>Other room, for the scales and zero points of the codes that are being decoded.</summary>
    public static float* Grids(long count) => Take(ref grids, count);

    private static float* Take(ref NativeBuffer? buffer, long count)
    {
        long bytes = count * sizeof(float);
        if (buffer is null || buffer.ByteCount < bytes)
        {
            buffer?.Dispose();
            buffer = new NativeBuffer(bytes + bytes / 2);
        }
        return (float*)buffer.Pointer;
    }
}
