using System.IO.MemoryMappedFiles;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// A file mapped read-only into memory. Every access is checked against the length that the file had when it was opened. A checkpoint is read about once, front to back: the pages are
/// given back every 8 MiB, so that a model and its file are not held at the same time.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private const long MostHeldBytes = 8 << 20;

    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;
    private readonly HashSet<(long Offset, int Count)> held = [];
    private byte* pointer;
    private long heldByteCount;
    private bool disposed;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointException">There is no such file, or it may not be read.</exception>
    public MappedFile(string path)
    {
        Path = path;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Length = stream.Length;
            if (Length == 0)
                return; // an empty file cannot be mapped
            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new CheckpointException(CheckpointFlaw.NotFound, $"{path}: cannot be opened: {e.Message}", e);
        }
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        pointer += view.PointerOffset;
    }

    /// <summary>The path that was opened.</summary>
    public string Path { get; }

    /// <summary>The size in bytes.</summary>
    public long Length { get; }

    /// <summary>Bytes [offset, offset + count), valid until disposal.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        Hold(offset, count);
        return new ReadOnlySpan<byte>(pointer + offset, count);
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (pointer != null)
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        pointer = null;
        view?.Dispose();
        file?.Dispose();
    }

    // Ranges that are asked for again, row by row, count once.
    private void Hold(long offset, int count)
    {
        lock (held)
        {
            if (!held.Add((offset, count)) || (heldByteCount += count) <= MostHeldBytes)
                return;
            held.Clear();
            heldByteCount = 0;
            MemoryAdvice.ReleaseMapped(pointer - view!.PointerOffset, (nuint)(Length + view.PointerOffset));
        }
    }
}
