namespace QuantSuite.Evaluation;

/// <summary>
/// Files that are whole or absent: written under a name of their own beside the target, flushed to the disk, then renamed over it. A full
/// disk, a kill or a second run at the same time leave the old file or the new one, never a mixture.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a file in one step; folders on its way are made.</summary>
    /// <exception cref="IOException">The disk is full, or the folder cannot or may not be written; what was there before is still there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string partial = Path.Combine(Path.GetDirectoryName(full)!, $".{Guid.NewGuid():N}.partial");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, full, overwrite: true);
        }
        catch (Exception e)
        {
            TryDelete(partial);
            if (e is not (IOException or UnauthorizedAccessException))
                throw;
            throw new IOException($"{full} cannot be written: {e.Message} What was there before is unchanged. Make room or allow writing, and run again.", e);
        }
    }

    /// <summary>Writes bytes in one step.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one that the caller needs to see.
        }
    }
}
