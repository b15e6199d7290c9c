using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuantSuite.Evaluation;

/// <summary>
/// An <see cref="EvalResult"/> as a JSON file, <c>&lt;folder&gt;/&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.json</c>. It is also the sidecar of a baseline:
/// generated texts, log-likelihoods and prompts are here and nowhere else. Doubles survive to the bit; NaN and infinities are the names JSON lacks, as strings.
/// </summary>
public static class EvalResultFile
{
    /// <summary>How a result is written; for readers of their own.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Where the result of a row lies below a results folder.</summary>
    public static string PathOf(string folder, ResultKey key) => Path.Combine(folder, key.RelativePath + ".json");

    /// <summary>Writes the result below <paramref name="folder"/> in one step and returns its path.</summary>
    public static string Write(string folder, EvalResult result)
    {
        string path = PathOf(folder, ResultKey.Of(result));
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, result, Options));
        return path;
    }

    /// <summary>Reads one result.</summary>
    /// <exception cref="InvalidDataException">The file is no result; the message says where and why.</exception>
    public static EvalResult Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        try
        {
            EvalResult result = JsonSerializer.Deserialize<EvalResult>(stream, Options) ?? throw new JsonException("it holds null");
            return Checked(result);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"{path} is no result of this suite: {e.Message} Delete it and run its row again.", e);
        }
    }

    // The compiler's nullability is no promise about a file: "items": null passes the deserializer.
    private static EvalResult Checked(EvalResult result)
    {
        if (result is { Model: not null, Task: not null, Recipe: not null, Gate: not null, BitsHash: not null, Identity: not null, Settings: not null }
            && result is { Family: not null, Ability: not null, Quantization: not null, Environment: not null, Cost: not null }
            && result.Metrics is { Count: > 0 } && result.Items is not null && result.Sentinels is not null
            && result.Metrics.All(metric => metric is { Name: not null })
            && result.Items.All(IsWhole))
            return result;
        throw new JsonException("a part that every result has is null or missing (names, metrics, items, identity …).");
    }

    private static bool IsWhole(ItemOutcome item) => item is { Id: not null, Cluster: not null, Prompt: not null, Choices: not null }
        && item is { Expected: not null, Answer: not null, LogLikelihoods: not null, Values: not null };
}
