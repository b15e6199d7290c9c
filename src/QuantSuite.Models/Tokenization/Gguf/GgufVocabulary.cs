using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QuantSuite.Models.Tokenization.Gguf;

/// <summary>The keys <c>tokenizer.ggml.*</c> of a GGUF file's metadata; every complaint names file and key. Arrays may come as any enumerable.</summary>
internal sealed class GgufVocabulary(IReadOnlyDictionary<string, object> metadata, string source)
{
    /// <summary>What all the keys begin with.</summary>
    public const string Prefix = "tokenizer.ggml.";

    /// <summary>The file.</summary>
    public string Source => source;

    /// <summary>Whether the key is there.</summary>
    public bool Has(string key) => metadata.ContainsKey(Prefix + key);

    /// <summary>A text, or null where the key is absent.</summary>
    public string? Text(string key) => !metadata.TryGetValue(Prefix + key, out object? value) ? null
        : value as string ?? throw Wrong(key, value, "a text");

    /// <summary>Texts, at least one.</summary>
    public string[] Texts(string key)
    {
        string[] texts = Require(key) is IEnumerable list and not string ? list.OfType<string>().ToArray() : [];
        return texts.Length > 0 && texts.Length <= Vocabulary.MaxId ? texts
            : throw new TokenizerException($"{source}: {Prefix}{key} holds {texts.Length} strings, expected 1 to {Vocabulary.MaxId}.");
    }

    /// <summary>The tokens; one that is empty gets the name that llama.cpp gives it.</summary>
    public string[] Tokens()
    {
        string[] tokens = Texts("tokens");
        for (int id = 0; id < tokens.Length; id++)
            if (tokens[id].Length == 0)
                tokens[id] = $"[EMPTY_{id}]";
        return tokens;
    }

    /// <summary>A whole number for each token, or all <paramref name="fallback"/> where the key is absent.</summary>
    public int[] Numbers(string key, int count, int fallback)
    {
        if (!Has(key))
            return Enumerable.Repeat(fallback, count).ToArray();
        int[] numbers = Items(key).Select(value => Number(value, key)).ToArray();
        return numbers.Length == count ? numbers : throw WrongCount(key, numbers.Length, count);
    }

    /// <summary>A score for each token.</summary>
    public float[] Scores(int count)
    {
        float[] scores = Items("scores").Select(value => value switch
        {
            float single when !float.IsNaN(single) => single,
            int or short or sbyte or long => Convert.ToSingle(value, CultureInfo.InvariantCulture),
            _ => throw Wrong("scores", value, "numbers"),
        }).ToArray();
        return scores.Length == count ? scores : throw WrongCount("scores", scores.Length, count);
    }

    /// <summary>Bytes, or null where the key is absent.</summary>
    public byte[]? Bytes(string key) => !metadata.TryGetValue(Prefix + key, out object? value) ? null : value switch
    {
        byte[] bytes => bytes,
        sbyte[] bytes => Array.ConvertAll(bytes, item => unchecked((byte)item)),
        _ => throw Wrong(key, value, "bytes"),
    };

    /// <summary>A token's id, or null where the key is absent.</summary>
    public int? Id(string key) => metadata.TryGetValue(Prefix + key, out object? value) ? Number(value, key) : null;

    /// <summary>true or false, or the default.</summary>
    public bool Flag(string key, bool fallback) => !metadata.TryGetValue(Prefix + key, out object? value) ? fallback
        : value as bool? ?? throw Wrong(key, value, "true or false");

    /// <summary>SHA-256 over all the keys and values, lower-case hex.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string key in metadata.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            object value = metadata[key];
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{key}"));
            foreach (object? item in value is IEnumerable list and not string ? list.Cast<object?>() : [value])
                hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\0{item}")));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private object Require(string key) => metadata.TryGetValue(Prefix + key, out object? value) ? value
        : throw new TokenizerException($"{source}: {Prefix}{key} is missing. Is the file complete?");

    private IEnumerable<object> Items(string key) => Require(key) is IEnumerable list and not string ? list.Cast<object>()
        : throw new TokenizerException($"{source}: {Prefix}{key} is not an array of numbers.");

    private int Number(object value, string key)
    {
        try
        {
            return Convert.ToInt32(value, CultureInfo.InvariantCulture);
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidCastException or OverflowException)
        {
            throw new TokenizerException($"{source}: {Prefix}{key} is '{value}', expected a small whole number.", wrong);
        }
    }

    private TokenizerException Wrong(string key, object value, string expected) => new($"{source}: {Prefix}{key} is '{value}', expected {expected}.");

    private TokenizerException WrongCount(string key, int got, int expected) =>
        new($"{source}: {Prefix}{key} has {got} entries, expected one for each of the {expected} tokens.");
}
