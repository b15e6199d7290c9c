using System.Text;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// Answers on disk, by content: a folder for each model × recipe × engine (its name ends in a hash of <see cref="ModelIdentity"/>), in it one
/// append-only JSONL file for each run that computed something, a line an answer, its key a SHA-256 over model and request.
/// So nothing is ever overwritten: two runs at once write two files; a run that was killed leaves at worst a torn last line, which is skipped; a
/// changed weight, recipe, prompt or kernel has other keys. Whoever wants the space back calls <see cref="Clear"/>.
/// </summary>
public sealed class AnswerCache : IDisposable
{
    private readonly string folder;
    private readonly Func<string, Stream> create;
    private readonly Dictionary<string, string> lines = [];
    private Stream? own;
    private int savedCount;

    private AnswerCache(string folder, Func<string, Stream> create)
    {
        this.folder = folder;
        this.create = create;
        if (Directory.Exists(folder))
            foreach (string file in Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal))
                Load(file);
    }

    /// <summary>Opens the answers of one model below a cache folder, which need not exist.</summary>
    public static AnswerCache Open(string cacheFolder, LanguageModel model) => Open(cacheFolder, model, CreateFile);

    internal static AnswerCache Open(string cacheFolder, LanguageModel model, Func<string, Stream> create) =>
        new(Path.Combine(cacheFolder, $"{Plain(model.Name)}.{Plain(model.Identity.Recipe)}.{ContentHash.Of(model)[..16]}"), create);

    /// <summary>The saved line of a key, or null.</summary>
    public string? Find(string key) => lines.GetValueOrDefault(key);

    /// <summary>Saves one line; when it returns, the line has left the process.</summary>
    /// <exception cref="IOException">It could not be saved (a full disk); what was saved before is whole.</exception>
    public void Save(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        long before = 0;
        try
        {
            own ??= create(folder);
            before = own.Position;
            own.Write(bytes);
            own.Flush();
            savedCount++;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            CutBack(before);
            throw new IOException($"Cannot save answers in '{folder}': {exception.Message} {savedCount} answers of this run are saved there. "
                + "Free some space, or name another cache folder, and run the same command again: it goes on where it stopped.", exception);
        }
    }

    /// <summary>What lies in a cache folder, largest first.</summary>
    public static IReadOnlyList<CacheEntry> Show(string cacheFolder)
    {
        if (!Directory.Exists(cacheFolder))
            return [];
        return [.. Directory.EnumerateDirectories(cacheFolder).Select(Entry).Where(entry => entry.FileCount > 0).OrderByDescending(entry => entry.ByteCount)];
    }

    /// <summary>Deletes the answers in a cache folder, and nothing else that may lie there. Returns the bytes freed.</summary>
    public static long Clear(string cacheFolder)
    {
        long freed = 0;
        foreach (CacheEntry entry in Show(cacheFolder))
        {
            string folder = Path.Combine(cacheFolder, entry.Name);
            foreach (string file in Directory.GetFiles(folder, "*.jsonl"))
                File.Delete(file);
            if (!Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
            freed += entry.ByteCount;
        }
        return freed;
    }

    /// <inheritdoc/>
    public void Dispose() => own?.Dispose();

    private static CacheEntry Entry(string folder)
    {
        FileInfo[] files = new DirectoryInfo(folder).GetFiles("*.jsonl");
        return new CacheEntry(Path.GetFileName(folder), files.Length, files.Sum(file => file.Length));
    }

    private static FileStream CreateFile(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{Environment.ProcessId}-{Guid.NewGuid():n}.jsonl");
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    // The file of another run may grow while it is read, so its last line may be torn too.
    private void Load(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
            if (AnswerLine.Key(line) is { } key)
                lines[key] = line;
    }

    private void CutBack(long length)
    {
        try
        {
            own?.SetLength(length);
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException)
        {
            // A torn last line is skipped by the next reader.
        }
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '+' ? c : '_'));
}

/// <summary>The answers of one model × recipe × engine.</summary>
/// <param name="Name">The folder: model, recipe, hash.</param>
public sealed record CacheEntry(string Name, int FileCount, long ByteCount);
