using System.Text;
using System.Text.Json;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Reads JSON Lines: one object a line, blank lines skipped. A broken line is named with file and line number.</summary>
public static class JsonLines
{
    /// <summary>The objects of a file.</summary>
    /// <exception cref="EvalDataException">A line is no JSON object, or the file is not UTF-8.</exception>
    public static IEnumerable<JsonLine> Read(string path)
    {
        int number = 0;
        foreach (string line in Lines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return new JsonLine(path, number, Parse(path, number, line));
        }
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
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
            if (line is null)
                yield break;
            yield return line;
        }
    }

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

/// <summary>One object of a file, with its place for messages.</summary>
public readonly record struct JsonLine(string Path, int Number, JsonElement Object)
{
    /// <summary>Whether a property is there.</summary>
    public bool Has(string name) => Object.TryGetProperty(name, out _);

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => Property(name, JsonValueKind.String, "a string").GetString()!;

    /// <summary>A whole number that must be there.</summary>
    public int Int(string name) =>
        Property(name, JsonValueKind.Number, "a whole number").TryGetInt32(out int value) ? value : throw Wrong(name, "a whole number");

    /// <summary>true or false, which must be there.</summary>
    public bool Bool(string name) => Object.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw Wrong(name, "true or false");

    /// <summary>A list of texts that must be there.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        const string Expected = "a list of strings";
        var items = Property(name, JsonValueKind.Array, Expected).EnumerateArray();
        return items.All(item => item.ValueKind == JsonValueKind.String) ? [.. items.Select(item => item.GetString()!)] : throw Wrong(name, Expected);
    }

    /// <summary>An error that names this line.</summary>
    public EvalDataException Error(string problem) => EvalDataException.AtLine(Path, Number, problem);

    private JsonElement Property(string name, JsonValueKind kind, string expected) =>
        Object.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind ? value : throw Wrong(name, expected);

    private EvalDataException Wrong(string name, string expected) =>
        Error($"'{name}' is {(Object.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "missing")}, expected {expected}.");
}
