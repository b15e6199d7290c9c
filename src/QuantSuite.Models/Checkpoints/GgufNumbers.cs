using System.Globalization;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Numbers of GGUF metadata, whatever width they were written in.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="metadata">Its key-values.</param>
internal readonly struct GgufNumbers(string path, IReadOnlyDictionary<string, object> metadata)
{
    /// <summary>A whole number that must be there.</summary>
    public int Require(string key) => Find(key) ?? throw Missing(key);

    /// <summary>A number that must be there.</summary>
    public float RequireFloat(string key) => FindFloat(key) ?? throw Missing(key);

    /// <summary>A whole number, or null.</summary>
    public int? Find(string key)
    {
        if (!metadata.TryGetValue(key, out object? value))
            return null;
        bool whole = value is byte or sbyte or ushort or short or uint or int or ulong or long;
        return whole && Convert.ToDecimal(value, CultureInfo.InvariantCulture) is >= 0 and <= int.MaxValue
            ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
            : throw Wrong(key, value, "a whole number from 0");
    }

    /// <summary>A number, or null.</summary>
    public float? FindFloat(string key)
    {
        if (!metadata.TryGetValue(key, out object? value))
            return null;
        return value is float number && float.IsFinite(number) ? number : throw Wrong(key, value, "a finite float32");
    }

    private CheckpointException Missing(string key) => new(CheckpointFlaw.Metadata, $"{path}: '{key}' is missing in the metadata.");

    private CheckpointException Wrong(string key, object value, string expected)
    {
        string got = value is Array ? "an array" : string.Create(CultureInfo.InvariantCulture, $"{value}");
        return new CheckpointException(CheckpointFlaw.Metadata, $"{path}: '{key}' is {got} ({value.GetType().Name}), expected {expected}.");
    }
}
