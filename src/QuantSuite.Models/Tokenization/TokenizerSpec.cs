using System.Text.Json;

namespace QuantSuite.Models.Tokenization;

/// <summary>An object of a tokenizer.json with its place in the file, so that every complaint can name the place.</summary>
internal sealed class TokenizerSpec
{
    private readonly JsonElement value;

    /// <summary>Wraps an element that must be an object.</summary>
    public TokenizerSpec(JsonElement value, string place)
    {
        Place = place;
        this.value = value.ValueKind == JsonValueKind.Object ? value : throw new TokenizerException($"{place} is {Show(value)}, expected an object.");
    }

    /// <summary>Where it stands, e.g. <c>tokenizer.json: pre_tokenizer.pretokenizers[1]</c>.</summary>
    public string Place { get; }

    /// <summary>The component's type name.</summary>
    public string Type => String("type");

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A string that must be there.</summary>
    public string String(string key) => OptionalString(key) ?? throw Missing(key);

    /// <summary>A string, or null where absent.</summary>
    public string? OptionalString(string key) => Find(key) is { } found ? Text(found, $"{Place}.{key}") : null;

    /// <summary>true or false, or the default.</summary>
    public bool Bool(string key, bool? fallback = null) => Find(key) is not { } found ? fallback ?? throw Missing(key) : found.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, found, "true or false"),
    };

    /// <summary>A token id that must be there.</summary>
    public int Id(string key) => Find(key) is { } found ? Id(found, $"{Place}.{key}") : throw Missing(key);

    /// <summary>A token id or the first of a list of them, or null where absent.</summary>
    public int? OptionalFirstId(string key) => Find(key) is not { } found ? null : found.ValueKind == JsonValueKind.Array
        ? found.EnumerateArray().Select(id => (int?)Id(id, $"{Place}.{key}")).FirstOrDefault()
        : Id(found, $"{Place}.{key}");

    /// <summary>A whole number between two limits, or the default.</summary>
    public int Integer(string key, int least, int most, int? fallback = null) => Find(key) is not { } found ? fallback ?? throw Missing(key)
        : found.ValueKind == JsonValueKind.Number && found.TryGetInt32(out int value) && value >= least && value <= most ? value
        : throw Wrong(key, found, $"a whole number from {least} to {most}");

    /// <summary>A number that must be there.</summary>
    public double Number(string key) => Find(key) is { } found ? Number(found, $"{Place}.{key}") : throw Missing(key);

    /// <summary>A string of one code point.</summary>
    public string Character(string key) => String(key) is var text && text.EnumerateRunes().Count() == 1 ? text
        : throw new TokenizerException($"{Place}.{key} is '{text}', expected one character.");

    /// <summary>Whether the key holds an object.</summary>
    public bool IsObject(string key) => Find(key)?.ValueKind == JsonValueKind.Object;

    /// <summary>A name of an enumeration.</summary>
    public T Choice<T>(string key, T? fallback = null) where T : struct, Enum =>
        OptionalString(key) is not { } name ? fallback ?? throw Missing(key)
        : Enum.GetNames<T>().Contains(name) ? Enum.Parse<T>(name)
        : throw new UnsupportedTokenizerException($"{Place}.{key} is '{name}', expected one of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <summary>A nested object that must be there.</summary>
    public TokenizerSpec Object(string key) => OptionalObject(key) ?? throw Missing(key);

    /// <summary>A nested object, or null where absent.</summary>
    public TokenizerSpec? OptionalObject(string key) => Find(key) is { } found ? new TokenizerSpec(found, $"{Place}.{key}") : null;

    /// <summary>Objects of an array that must be there.</summary>
    public IEnumerable<TokenizerSpec> Array(string key) => Elements(key).Select((element, i) => new TokenizerSpec(element, $"{Place}.{key}[{i}]"));

    /// <summary>Elements of an array that must be there.</summary>
    public JsonElement.ArrayEnumerator Elements(string key) =>
        Find(key) is not { } found ? throw Missing(key) : found.ValueKind == JsonValueKind.Array ? found.EnumerateArray() : throw Wrong(key, found, "an array");

    /// <summary>The object's own members.</summary>
    public JsonElement.ObjectEnumerator Members => value.EnumerateObject();

    /// <summary>The refusal of a component that is not implemented.</summary>
    public UnsupportedTokenizerException Unsupported(string component, string known) =>
        new($"{Place}: {component} '{Type}' is not supported yet (these are: {known}). Use another model, or add it to QuantSuite.Models/Tokenization.");

    /// <summary>The refusal of a setting that is not implemented.</summary>
    public UnsupportedTokenizerException UnsupportedSetting(string key, string expected) =>
        new($"{Place}.{key} is {Show(Find(key))}; only {expected} is supported yet.");

    /// <summary>A JSON string that is well-formed Unicode.</summary>
    public static string Text(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.String)
            throw new TokenizerException($"{place} is {Show(element)}, expected a string.");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException broken)
        {
            throw new TokenizerException($"{place} is not well-formed Unicode (a lone surrogate?).", broken);
        }
    }

    /// <summary>A JSON number that can be a token id.</summary>
    public static int Id(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id is >= 0 and <= Vocabulary.MaxId
            ? id : throw new TokenizerException($"{place} is {Show(element)}, expected a token id from 0 to {Vocabulary.MaxId}.");

    /// <summary>A JSON number that is finite.</summary>
    public static double Number(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number)
            ? number : throw new TokenizerException($"{place} is {Show(element)}, expected a number.");

    private JsonElement? Find(string key) => value.TryGetProperty(key, out JsonElement found) && found.ValueKind != JsonValueKind.Null ? found : null;

    private TokenizerException Missing(string key) => new($"{Place}.{key} is missing. Is the file complete?");

    private TokenizerException Wrong(string key, JsonElement found, string expected) => new($"{Place}.{key} is {Show(found)}, expected {expected}.");

    private static string Show(JsonElement? element)
    {
        string text = element?.GetRawText() ?? "null";
        return text.Length <= 80 ? text : text[..80] + "…";
    }
}
