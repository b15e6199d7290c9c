namespace QuantSuite.Evaluation;

/// <summary>
/// Files that are whole or absent: written under a name of their own beside the target, flushed to the disk, then renamed over it. A full
/// disk, a kill or a second run at the same time leave the old file or the new one, never a mixture.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a file in one step; folders on its way are made.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; what was there before is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        string partial = Path.Combine(folder, $".{Guid.NewGuid():N}.partial");
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, full, overwrite: true);
        }
        catch
        {
            TryDelete(partial);
            throw;
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
