using System.Runtime.InteropServices;

namespace QuantSuite.Numerics;

/// <summary>
/// Zeroed memory outside the garbage collector's heap, aligned to 64 bytes; buffers of 1 MiB and more to 2 MiB, with huge pages asked for.
/// Kernels hold raw pointers into it; the owner disposes it.
/// </summary>
public sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePage = 2 << 20;
    private const int MadviseHugePage = 14;

    private byte* pointer;

    /// <summary>Takes memory for <paramref name="byteCount"/> bytes and 64 more, so that a vector load may run past the end.</summary>
    public NativeBuffer(long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ByteCount = byteCount;
        nuint size = (nuint)(byteCount + 64);
        bool huge = byteCount >= 1 << 20;
        pointer = (byte*)NativeMemory.AlignedAlloc(size, huge ? HugePage : (nuint)64);
        if (huge && OperatingSystem.IsLinux())
            _ = MemoryAdvise(pointer, size, MadviseHugePage);
        NativeMemory.Clear(pointer, size);
        GC.AddMemoryPressure(byteCount + 64);
    }

    /// <summary>Frees what the owner forgot.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The size in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>The first byte. Valid until disposal.</summary>
    public byte* Pointer => pointer != null ? pointer : throw new ObjectDisposedException(nameof(NativeBuffer));

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
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        GC.RemoveMemoryPressure(ByteCount + 64);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}
