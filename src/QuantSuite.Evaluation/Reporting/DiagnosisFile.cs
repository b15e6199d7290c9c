using System.Text.Json;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// A <see cref="Diagnosis"/> as JSON, <c>&lt;results&gt;/&lt;model&gt;/&lt;recipe&gt;.diagnosis.json</c>: among the results, so that it is copied and merged with them.
/// </summary>
public static class DiagnosisFile
{
    /// <summary>How the file's name ends.</summary>
    public const string Extension = ".diagnosis.json";

    /// <summary>Where the diagnosis of a model × recipe lies below a results folder.</summary>
    public static string PathOf(string folder, string model, string recipe) => Path.Combine(folder, PathName.Encode(model), PathName.Encode(recipe) + Extension);

    /// <summary>Writes a part beside what is there, in one step, and returns the path. A file that cannot be read is replaced.</summary>
    public static string Update(string folder, string model, string recipe, Func<Diagnosis, Diagnosis> add)
    {
        string path = PathOf(folder, model, recipe);
        Diagnosis before = File.Exists(path) && TryRead(path) is { } there ? there : new Diagnosis { Model = model, Recipe = recipe };
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, add(before), EvalResultFile.Options));
        return path;
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="InvalidDataException">It is no diagnosis; the message says why.</exception>
    public static Diagnosis Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        try
        {
            return JsonSerializer.Deserialize<Diagnosis>(stream, EvalResultFile.Options) is { Model: not null, Recipe: not null } read && IsWhole(read)
                ? read : throw new JsonException("a part is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"{path} is no diagnosis of this suite: {e.Message} Delete it and run its command again.", e);
        }
    }

    private static bool IsWhole(Diagnosis read) => read is { Tensors: not null }
        && read.Tensors.All(line => line is { Role: not null, Kind: not null })
        && read.Divergence is null or { Text: not null, Metrics: not null, Kl: not null };

    private static Diagnosis? TryRead(string path)
    {
        try
        {
            return Read(path);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
