using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// model.safetensors.index.json: {"weight_map": {tensor: shard}}. Every shard is a file of the same folder by plain name, since an index comes from outside
/// and may name anything. <c>metadata.total_size</c> is not looked at: tools disagree on what it counts.
/// </summary>
internal static class SafetensorsIndex
{
    public const string FileName = "model.safetensors.index.json";

    /// <summary>Shard file name by tensor name.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        JsonElement root = JsonFile.Object(path);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(CheckpointFlaw.Field, $"{path}: 'weight_map' is missing or not an object; expected {{tensor name: file name}}.");
        var shards = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw new CheckpointException(CheckpointFlaw.Field,
                    $"{path}: the shard of '{entry.Name}' is {entry.Value.GetRawText()}, expected a file name.");
            shards.Add(entry.Name, PlainName(path, entry.Value.GetString()!));
        }
        return shards.Count > 0 ? shards : throw new CheckpointException(CheckpointFlaw.Field, $"{path}: 'weight_map' names no tensor.");
    }

    private static string PlainName(string path, string name) =>
        name is "" or "." or ".." || name.AsSpan().ContainsAny("/\\:\0")
            ? throw new CheckpointException(CheckpointFlaw.Path, $"{path}: shard '{name}' is not the plain name of a file in this folder; refused.")
            : name;
}
