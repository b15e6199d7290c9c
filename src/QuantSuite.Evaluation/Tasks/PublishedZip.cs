using System.IO.Compression;
using System.Text;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>A zip archive of text files as a benchmark publishes it, read in place.</summary>
internal sealed class PublishedZip : IDisposable
{
    // The largest member of a benchmark is ReCoRD's validation split, 30 MB.
    private const long MostBytes = 1 << 30;
    private readonly string path;
    private readonly ZipArchive archive;

    /// <summary>Opens an archive.</summary>
    /// <exception cref="EvalDataException">The file is no zip archive.</exception>
    public PublishedZip(string path)
    {
        this.path = path;
        archive = Sound(() => ZipFile.OpenRead(path));
    }

    /// <summary>The members' names, as in the archive.</summary>
    public IEnumerable<string> Names => archive.Entries.Select(entry => entry.FullName);

    /// <inheritdoc/>
    public void Dispose() => archive.Dispose();

    /// <summary>The text of a member.</summary>
    /// <exception cref="EvalDataException">It is absent, damaged, larger than 1 GiB, or not UTF-8.</exception>
    public string ReadText(string name)
    {
        ZipArchiveEntry entry = archive.GetEntry(name) ?? throw new EvalDataException(
            $"{path} has no '{name}', expected the benchmark's archive as published; found: {string.Join(", ", Names.Take(10))}.");
        if (entry.Length > MostBytes)
            throw new EvalDataException($"{path}, '{name}' unpacks to {entry.Length} bytes, expected at most {MostBytes}: this is not the benchmark's archive as published.");
        return Sound(() =>
        {
            using var reader = new StreamReader(entry.Open(), new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        });
    }

    private T Sound<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException exception)
        {
            throw new EvalDataException($"{path} is no sound zip file: {exception.Message}", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new EvalDataException($"{path} holds text that is not valid UTF-8: {exception.Message}", exception);
        }
    }
}
