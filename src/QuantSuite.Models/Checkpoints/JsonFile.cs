using System.Text.Json;
using System.Text.Unicode;

namespace QuantSuite.Models.Checkpoints;

/// <summary>A small JSON file of a model folder (config.json, an index): an object without duplicate keys.</summary>
internal static class JsonFile
{
    private const long LengthLimit = 100_000_000;

    /// <summary>The root object; the file is UTF-8, its nesting bounded, no key occurs twice.</summary>
    public static JsonElement Object(string path)
    {
        byte[] bytes = Bytes(path);
        if (!Utf8.IsValid(bytes))
            throw new CheckpointException(CheckpointFlaw.Utf8, $"{path}: not UTF-8.");
        JsonElement root = Parse(path, bytes);
        if (root.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(CheckpointFlaw.Json, $"{path}: a JSON {root.ValueKind}, expected an object.");
        return root;
    }

    private static byte[] Bytes(string path)
    {
        using var file = new MappedFile(path);
        if (file.Length > LengthLimit)
            throw new CheckpointException(CheckpointFlaw.Length, $"{path}: {file.Length} bytes, at most {LengthLimit} are read as JSON.");
        return file.Bytes(0, (int)file.Length).ToArray();
    }

    private static JsonElement Parse(string path, byte[] bytes)
    {
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(NamedInfinities(bytes));
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CheckpointException(CheckpointFlaw.Json, $"{path}: not JSON: {e.Message}", e);
        }
        RequireUniqueKeys(path, root);
        return root;
    }

    /// <summary>Python writes infinities as bare words (Mamba 2's time_step_limit), which are no JSON: they become strings. Only words outside of strings count.</summary>
    public static byte[] NamedInfinities(byte[] bytes)
    {
        ReadOnlySpan<byte> word = "Infinity"u8;
        if (bytes.AsSpan().IndexOf(word) < 0)
            return bytes;
        var named = new List<byte>(bytes.Length + 8);
        bool quoted = false;
        for (int i = 0; i < bytes.Length; i++)
        {
            bool bare = !quoted && bytes.AsSpan(i).StartsWith(word);
            if (bare)
            {
                int sign = named is [.., (byte)'-'] ? 1 : 0;
                named.RemoveRange(named.Count - sign, sign);
                named.AddRange(sign == 1 ? "\"-Infinity\""u8 : "\"Infinity\""u8);
                i += word.Length - 1;
                continue;
            }
            quoted ^= bytes[i] == '"';
            named.Add(bytes[i]);
            if (quoted && bytes[i] == '\\' && i + 1 < bytes.Length)
                named.Add(bytes[++i]);
        }
        return [.. named];
    }

    private static void RequireUniqueKeys(string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            foreach (JsonElement item in value.EnumerateArray())
                RequireUniqueKeys(path, item);
        if (value.ValueKind != JsonValueKind.Object)
            return;
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!keys.Add(Key(path, property)))
                throw new CheckpointException(CheckpointFlaw.Duplicate, $"{path}: key '{property.Name}' occurs twice in one object.");
            RequireUniqueKeys(path, property.Value);
        }
    }

    private static string Key(string path, JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(CheckpointFlaw.Utf8, $"{path}: a key has half a surrogate pair.", e);
        }
    }
}
