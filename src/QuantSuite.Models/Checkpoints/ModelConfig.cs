using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// config.json by its own key names. Remembers which keys a family has read, so that a key which nobody understands, and which may change the
/// forward pass, is an error and not silence.
/// </summary>
public sealed class ModelConfig
{
    private readonly JsonElement root;
    private readonly HashSet<string> used = [];

    /// <summary>Wraps a parsed config.json.</summary>
    public ModelConfig(JsonElement root) => this.root = root.Clone();

    /// <summary>Reads config.json; where it lacks a quantization_config, with the one that an older packer wrote into a file beside it (quantize_config.json, quant_config.json).</summary>
    /// <exception cref="CheckpointException">It is not there, not JSON, not an object, or a key occurs twice.</exception>
    public static ModelConfig Read(string path) => new(OldSettings.AddTo(JsonFile.Object(path), path));

    /// <summary>A configuration in text.</summary>
    internal static ModelConfig Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return new ModelConfig(document.RootElement);
    }

    /// <summary>The raw object.</summary>
    public JsonElement Root => root;

    /// <summary>The architecture's name, <c>model_type</c>.</summary>
    public string ModelType => String("model_type");

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>An integer that must be there.</summary>
    public int Int(string key) => Int(key, null);

    /// <summary>An integer, or the default where the key is absent or null.</summary>
    public int Int(string key, int? fallback) => Find(key, "an integer", JsonValueKind.Number) is { } value
        ? value.TryGetInt32(out int number) ? number : throw Wrong(key, value, "an integer")
        : fallback ?? throw Missing(key);

    /// <summary>A number, or the default.</summary>
    public float Float(string key, float? fallback = null) =>
        (float?)Find(key, "a number", JsonValueKind.Number)?.GetDouble() ?? fallback ?? throw Missing(key);

    /// <summary>An integer; 0 where the key is null, and the default where it is absent.</summary>
    public int IntOrNone(string key, int fallback) => Has(key) ? Int(key) : root.TryGetProperty(key, out _) ? 0 : fallback;

    /// <summary>A number; 0 where the key is null, and the default where it is absent.</summary>
    public float FloatOrNone(string key, float fallback) => Has(key) ? Float(key) : root.TryGetProperty(key, out _) ? 0 : fallback;

    /// <summary>true or false, or the default.</summary>
    public bool Bool(string key, bool fallback) => Find(key, "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? fallback;

    /// <summary>A string, or the default.</summary>
    public string String(string key, string? fallback = null) => Find(key, "a string", JsonValueKind.String)?.GetString() ?? fallback ?? throw Missing(key);

    /// <summary>Numbers, or null where absent.</summary>
    public float[]? Floats(string key) => List(key, "a list of numbers", IsNumber, item => (float)Number(item));

    /// <summary>Strings, or null where absent.</summary>
    public string[]? Strings(string key) => List(key, "a list of strings", item => item.ValueKind == JsonValueKind.String, item => item.GetString()!);

    /// <summary>A nested object, or null where absent.</summary>
    public ModelConfig? Object(string key) => Find(key, "an object", JsonValueKind.Object) is { } value ? new ModelConfig(value) : null;

    /// <summary>Marks keys as known to leave the forward pass alone.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            used.Add(key);
    }

    /// <summary>Keys that nobody has read or ignored.</summary>
    public IReadOnlyList<string> UnreadKeys =>
        [.. from property in root.EnumerateObject() where property.Value.ValueKind != JsonValueKind.Null && !used.Contains(property.Name) select property.Name];

    // transformers writes infinities as {"__float__": "Infinity"}.
    private static bool IsNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number || NamedNumber(value) is "Infinity" or "-Infinity";

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : NamedNumber(value) == "Infinity" ? double.PositiveInfinity : double.NegativeInfinity;

    private static string? NamedNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object when value.TryGetProperty("__float__", out JsonElement name) && name.ValueKind == JsonValueKind.String => name.GetString(),
        _ => null,
    };

    private T[]? List<T>(string key, string expected, Func<JsonElement, bool> fits, Func<JsonElement, T> read)
    {
        if (Find(key, expected, JsonValueKind.Array) is not { } value)
            return null;
        return value.EnumerateArray().All(fits) ? [.. value.EnumerateArray().Select(read)] : throw Wrong(key, value, expected);
    }

    private JsonElement? Find(string key, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (Find(key) is not { } value)
            return null;
        return kinds.Contains(value.ValueKind) ? value : throw Wrong(key, value, expected);
    }

    private JsonElement? Find(string key)
    {
        used.Add(key);
        return root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static CheckpointException Missing(string key) => new(CheckpointFlaw.Field, $"config.json: key '{key}' is missing.");

    private static CheckpointException Wrong(string key, JsonElement value, string expected) =>
        new(CheckpointFlaw.Field, $"config.json: '{key}' is {value.GetRawText()}, expected {expected}.");
}
