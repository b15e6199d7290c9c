using System.Formats.Tar;
using System.IO.Compression;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>Takes single members out of a zip or tar archive. Only members that were asked for are written, to paths of our own, and no more bytes than they are known to have.</summary>
internal static class Unpacking
{
    /// <summary>Writes members of an archive to files.</summary>
    /// <param name="wanted">By member name: the file to write and its size.</param>
    /// <exception cref="FetchException">The archive is damaged, or a member is absent or larger.</exception>
    public static void Extract(string archive, IReadOnlyDictionary<string, (string Path, long ByteCount)> wanted)
    {
        var missing = wanted.Keys.ToHashSet();
        try
        {
            foreach ((string name, Stream content) in archive.EndsWith(".zip", StringComparison.Ordinal) ? Zip(archive) : Tar(archive))
                if (wanted.TryGetValue(name, out var target) && missing.Remove(name))
                    Write(content, target.Path, target.ByteCount, name);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new FetchException($"'{archive}' is no sound archive: {exception.Message} Delete it, and run the same command again.", exception);
        }
        if (missing.Count > 0)
            throw new FetchException($"'{archive}' has no {string.Join(", ", missing)}: the publisher packed it anew.");
    }

    private static IEnumerable<(string Name, Stream Content)> Zip(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream content = entry.Open();
            yield return (entry.FullName, content);
        }
    }

    private static IEnumerable<(string Name, Stream Content)> Tar(string path)
    {
        using FileStream file = File.OpenRead(path);
        using Stream plain = path.EndsWith("gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var archive = new TarReader(plain);
        while (archive.GetNextEntry() is { } entry)
            if (entry.DataStream is { } content)
                yield return (entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name, content);
    }

    private static void Write(Stream content, string path, long byteCount, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = content.Read(buffer)) > 0; file.Write(buffer.AsSpan(0, count)))
            if (file.Length + count > byteCount)
                throw new FetchException($"'{name}' is larger than the {byteCount} bytes of the published file.");
    }
}
