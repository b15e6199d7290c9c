using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>
/// A <see cref="BlameRecord"/> beside its row's result, <c>&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.blame.jsonl</c>: the header, then a line a part, each written
/// as soon as it is measured. So a stopped run goes on where it stopped, if its header is this run's to the letter; a torn last line is measured again.
/// </summary>
public static class BlameFile
{
    /// <summary>How the file's name ends.</summary>
    public const string Extension = ".blame.jsonl";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Where the record of a row lies below a results folder.</summary>
    public static string PathOf(string folder, ResultKey key) => Path.Combine(folder, key.RelativePath + Extension);

    /// <summary>The record of a row, as much of it as was measured; null where there is none that can be read.</summary>
    public static BlameRecord? Find(string folder, ResultKey key) => Read(PathOf(folder, key)) is { } record
        && (record.Header.Model, record.Header.Task, record.Header.Recipe) == (key.Model, key.Task, key.Recipe) ? record : null;

    /// <summary>Reads a record; null where the file is absent or no record.</summary>
    public static BlameRecord? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || Parse<BlameHeader>(lines[0]) is not { Model: not null, Task: not null, Recipe: not null, Identity: not null, ItemIds: not null } header)
            return null;
        return new BlameRecord { Header = header, Parts = [.. lines.Skip(1).Select(Parse<BlamePart>).OfType<BlamePart>().Where(part => part.Name is not null)] };
    }

    /// <summary>The parts that an earlier run with this header measured. Where there was none, the file is begun.</summary>
    internal static IReadOnlyList<BlamePart> Begin(string path, BlameHeader header)
    {
        string first = JsonSerializer.Serialize(header, Options);
        IReadOnlyList<BlamePart> parts = Read(path) is { } earlier && JsonSerializer.Serialize(earlier.Header, Options) == first ? earlier.Parts : [];
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(parts.Select(part => Line(part)).Prepend(first + "\n"))));
        return parts;
    }

    internal static void Append(string path, BlamePart part) => File.AppendAllText(path, Line(part));

    private static string Line(BlamePart part) => JsonSerializer.Serialize(part, Options) + "\n";

    private static T? Parse<T>(string line)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
