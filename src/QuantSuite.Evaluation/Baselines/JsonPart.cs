using System.Globalization;
using System.Text.Json;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// A value of a JSON file that others may have edited, with its place, so that a message can name it. Every reader throws <see cref="FormatException"/>.
/// </summary>
internal readonly record struct JsonPart(JsonElement Value, string Path)
{
    public JsonPart this[string name] => Optional(name) ?? throw new FormatException($"{Path}.{name} is missing.");

    public JsonPart? Optional(string name)
    {
        Expect(JsonValueKind.Object);
        return Value.TryGetProperty(name, out JsonElement value) ? new JsonPart(value, $"{Path}.{name}") : null;
    }

    public IEnumerable<JsonPart> Elements()
    {
        Expect(JsonValueKind.Array);
        string path = Path;
        return Value.EnumerateArray().Select((value, i) => new JsonPart(value, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]")));
    }

    public IReadOnlyDictionary<string, string> Texts()
    {
        Expect(JsonValueKind.Object);
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in Value.EnumerateObject())
            texts[property.Name] = new JsonPart(property.Value, $"{Path}.{property.Name}").Text();
        return texts;
    }

    public string Text()
    {
        Expect(JsonValueKind.String);
        return Value.GetString()!;
    }

    public int Int32()
    {
        Expect(JsonValueKind.Number);
        return Value.TryGetInt32(out int number) ? number : throw new FormatException($"{Path} is {Value.GetRawText()}, expected a whole number below 2³¹.");
    }

    /// <summary>A number, or NaN or an infinity as text.</summary>
    public double Double()
    {
        if (Value.ValueKind == JsonValueKind.String)
            return Value.GetString() switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                "-Infinity" => double.NegativeInfinity,
                string other => throw new FormatException($"{Path} is '{other}', expected a number."),
                null => double.NaN,
            };
        Expect(JsonValueKind.Number);
        return Value.GetDouble();
    }

    public bool Boolean() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"{Path} is {Value.ValueKind}, expected true or false."),
    };

    public T Name<T>() where T : struct, Enum =>
        Enum.TryParse(Text(), out T value) && Enum.GetName(value) == Text() ? value
        : throw new FormatException($"{Path} is '{Text()}', expected one of {string.Join(", ", Enum.GetNames<T>())}.");

    private void Expect(JsonValueKind kind)
    {
        if (Value.ValueKind != kind)
            throw new FormatException($"{Path} is {Value.ValueKind}, expected {kind}.");
    }
}
