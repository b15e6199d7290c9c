using System.Text.Json;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>One object of a file, with its place for messages.</summary>
/// <param name="Number">The line from 1 on, or in a list the index from 0 on.</param>
/// <param name="InList">Whether the file is one list and not lines.</param>
public readonly record struct JsonLine(string Path, int Number, JsonElement Object, bool InList = false)
{
    /// <summary>Whether a property is there.</summary>
    public bool Has(string name) => Object.TryGetProperty(name, out _);

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => Property(name, JsonValueKind.String, "a string").GetString()!;

    /// <summary>A whole number that must be there.</summary>
    public int Int(string name) =>
        Property(name, JsonValueKind.Number, "a whole number").TryGetInt32(out int value) ? value : throw Wrong(name, "a whole number");

    /// <summary>A whole number, or a text that is one.</summary>
    public int Index(string name) => Object.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
        && int.TryParse(value.GetString(), out int number) ? number : Int(name);

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

    /// <summary>An object that must be there.</summary>
    public JsonLine Inner(string name) => this with { Object = Property(name, JsonValueKind.Object, "an object") };

    /// <summary>A list of objects that must be there.</summary>
    public IReadOnlyList<JsonLine> List(string name)
    {
        const string Expected = "a list of objects";
        JsonLine line = this;
        var items = Property(name, JsonValueKind.Array, Expected).EnumerateArray();
        return items.All(item => item.ValueKind == JsonValueKind.Object) ? [.. items.Select(item => line with { Object = item })] : throw Wrong(name, Expected);
    }

    /// <summary>Which of several texts stands there.</summary>
    /// <returns>Its index.</returns>
    public int OneOf(string name, params ReadOnlySpan<string> texts) =>
        texts.IndexOf(Text(name)) is >= 0 and var index ? index : throw Wrong(name, "one of " + string.Join(", ", texts.ToArray()));

    /// <summary>A whole number from 0 up to a count, which must be there.</summary>
    public int IntBelow(string name, int count) => Index(name) is var index && index >= 0 && index < count ? index : throw Wrong(name, $"0 to {count - 1}");

    /// <summary>This object, if it has all the columns.</summary>
    /// <exception cref="EvalDataException">Some are missing; the message names them and those that are there.</exception>
    public JsonLine Require(IReadOnlyList<string> columns)
    {
        JsonElement found = Object;
        string[] missing = [.. columns.Where(column => !found.TryGetProperty(column, out _))];
        return missing.Length == 0 ? this : throw Error(Csv.Missing(missing, found.EnumerateObject().Select(property => property.Name)));
    }

    /// <summary>An error that names this place.</summary>
    public EvalDataException Error(string problem) =>
        InList ? new EvalDataException($"{Path}, record {Number}: {problem}") : EvalDataException.AtLine(Path, Number, problem);

    private JsonElement Property(string name, JsonValueKind kind, string expected) =>
        Object.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind ? value : throw Wrong(name, expected);

    private EvalDataException Wrong(string name, string expected) => Error(Object.TryGetProperty(name, out JsonElement value)
        ? $"'{name}' is {value.GetRawText()}, expected {expected}."
        : $"'{name}' is missing, expected {expected}; found: {string.Join(", ", Object.EnumerateObject().Select(property => property.Name))}.");
}
