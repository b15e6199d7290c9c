using System.Runtime.InteropServices;

namespace QuantSuite.Numerics;

/// <summary>
/// Memory outside the garbage collector's heap, aligned to 64 bytes, on huge pages where it is larger than a few kilobytes.
/// Kernels hold raw pointers into it; the owner disposes it.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    // A vector load may run past the end.
    private const int Slack = 64;

    private byte* pointer;

    /// <summary>Takes memory for <paramref name="byteCount"/> bytes and 64 more, so that a vector load may run past the end.</summary>
    /// <param name="zeroed">False for memory with any contents, where the owner writes all of it anyway.</param>
    public NativeBuffer(long byteCount, bool zeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ByteCount = byteCount;
        pointer = HugePageHeap.Take(Size);
        if (zeroed)
            NativeMemory.Clear(pointer, Size);
        GC.AddMemoryPressure(byteCount + Slack);
    }

    /// <summary>Frees what the owner forgot.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The size in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>The first byte. Valid until disposal.</summary>
    public byte* Pointer => pointer != null ? pointer : throw new ObjectDisposedException(nameof(NativeBuffer));

    private nuint Size => (nuint)(ByteCount + Slack);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (pointer == null)
            return;
        HugePageHeap.Return(pointer, Size);
        pointer = null;
        GC.RemoveMemoryPressure(ByteCount + Slack);
    }
}
