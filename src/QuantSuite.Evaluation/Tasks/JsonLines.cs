using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>
/// Reads JSON objects as benchmarks publish them: one a line (JSON Lines, also gzipped; blank lines skipped), or all in one list. A broken object is
/// named with file and place; so are the columns that an object lacks, beside those that it has.
/// </summary>
public static class JsonLines
{
    /// <summary>The objects of a file of lines; a name that ends in <c>.gz</c> is decompressed.</summary>
    /// <param name="columns">Names that every object must have.</param>
    /// <exception cref="EvalDataException">A line is no JSON object or lacks a column, or the file is not UTF-8 or no gzip.</exception>
    public static IEnumerable<JsonLine> Read(string path, params IReadOnlyList<string> columns) => Parse(path, Lines(path), columns);

    /// <summary>The objects of a file of lines inside of a zip archive.</summary>
    /// <param name="columns">Names that every object must have.</param>
    /// <exception cref="EvalDataException">The archive is damaged or has no such member, or a line is no JSON object or lacks a column.</exception>
    public static IReadOnlyList<JsonLine> ReadZipped(string path, string member, params IReadOnlyList<string> columns)
    {
        using var archive = new PublishedZip(path);
        return [.. Parse($"{path}/{member}", archive.ReadText(member).Split('\n'), columns)];
    }

    private static IEnumerable<JsonLine> Parse(string path, IEnumerable<string> lines, IReadOnlyList<string> columns)
    {
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return new JsonLine(path, number, Parse(path, number, line)).Require(columns);
        }
    }

    /// <summary>The objects of a file that is one JSON list.</summary>
    /// <param name="columns">Names that every object must have.</param>
    /// <exception cref="EvalDataException">The file is no list of objects, or an object lacks a column.</exception>
    public static IReadOnlyList<JsonLine> ReadList(string path, params IReadOnlyList<string> columns) => Records(path, ParseFile(path), "a JSON list", columns);

    /// <summary>A file that is one object.</summary>
    /// <exception cref="EvalDataException">The file is something else.</exception>
    public static JsonLine ReadObject(string path) => ParseFile(path) is { ValueKind: JsonValueKind.Object } root
        ? new JsonLine(path, 1, root)
        : throw new EvalDataException($"{path}: expected a JSON object.");

    /// <summary>The objects of the list that stands under a name in a file that is one JSON object.</summary>
    /// <param name="columns">Names that every object must have.</param>
    /// <exception cref="EvalDataException">There is no such list, or an object lacks a column.</exception>
    public static IReadOnlyList<JsonLine> ReadListOf(string path, string name, params IReadOnlyList<string> columns)
    {
        JsonLine whole = ReadObject(path).Require([name]);
        return Records(path, whole.Object.GetProperty(name), $"a list '{name}'", columns);
    }

    private static JsonLine[] Records(string path, JsonElement list, string expected, IReadOnlyList<string> columns)
    {
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(record => record.ValueKind != JsonValueKind.Object))
            throw new EvalDataException($"{path}: expected {expected} of records.");
        return [.. list.EnumerateArray().Select((record, index) => new JsonLine(path, index, record, InList: true).Require(columns))];
    }

    private static JsonElement ParseFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw EvalDataException.AtLine(path, (int)(exception.LineNumber ?? 0) + 1, "not valid JSON.");
        }
    }

    private static IEnumerable<string> Lines(string path)
    {
        using Stream stream = Open(path);
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (int number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (DecoderFallbackException)
            {
                throw EvalDataException.AtLine(path, number, "the file is not valid UTF-8 near this line.");
            }
            catch (InvalidDataException exception)
            {
                throw new EvalDataException($"{path} is no sound gzip file: {exception.Message}", exception);
            }
            if (line is null)
                yield break;
            yield return line;
        }
    }

    private static Stream Open(string path) =>
        path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);

    private static JsonElement Parse(string path, int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone()
                : throw EvalDataException.AtLine(path, number, $"expected a JSON object, got {Excerpt(line)}.");
        }
        catch (JsonException exception)
        {
            throw EvalDataException.AtLine(path, number, $"not valid JSON ({exception.Message.Split('.')[0]}): {Excerpt(line)}.");
        }
    }

    private static string Excerpt(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
