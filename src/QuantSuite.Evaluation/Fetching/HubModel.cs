using System.Text.Json;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>
/// A model of the Hugging Face Hub: its files' names, sizes and hashes from the Hub's listing, then the files. Weights are checked by SHA-256, small files
/// by git's hash, as the Hub names them.
/// </summary>
/// <param name="http">Makes the requests.</param>
/// <param name="endpoint">The Hub's address.</param>
/// <param name="id"><c>owner/name</c>.</param>
/// <param name="revision">A branch, tag or commit.</param>
public sealed class HubModel(HttpClient http, HttpPatience patience, Uri endpoint, string id, string revision)
{
    /// <summary>The environment variable that names another endpoint, e.g. a mirror.</summary>
    public const string Variable = "HF_ENDPOINT";

    private static readonly string[] Needed =
        [".safetensors", ".safetensors.index.json", "config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "chat_template.jinja", "special_tokens_map.json"];

    /// <summary>The files of the model.</summary>
    /// <exception cref="FetchException">There is no such model, or the listing cannot be read.</exception>
    public async Task<IReadOnlyList<HubFile>> ListAsync(CancellationToken cancellation = default)
    {
        var files = new List<HubFile>();
        string folder = Directory.CreateTempSubdirectory("quantsuite-hub-").FullName;
        try
        {
            string path = Path.Combine(folder, "list.json");
            var download = new Download(http, patience);
            await download.GetWithoutHashAsync(new Uri(endpoint, $"/api/models/{id}/tree/{revision}?recursive=true"), path, cancellation: cancellation);
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(path, cancellation));
            foreach (JsonElement entry in document.RootElement.EnumerateArray())
                if (entry.GetProperty("type").GetString() == "file")
                    files.Add(Read(entry));
            return files;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FetchException($"{endpoint}: the listing of '{id}' cannot be read: {exception.Message}", exception);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The files that a model is loaded from, or those of a pattern.</summary>
    /// <param name="pattern">A name with * for any letters, e.g. <c>*Q4_K_M.gguf</c>; null takes configuration, tokenizer and safetensors of the top folder.</param>
    public static IReadOnlyList<HubFile> Pick(IReadOnlyList<HubFile> files, string? pattern) => pattern is null
        ? [.. files.Where(file => !file.Path.Contains('/') && Needed.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal)))]
        : [.. files.Where(file => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, file.Path, ignoreCase: false))];

    /// <summary>Gets a file into a folder.</summary>
    /// <returns>Whether anything was got.</returns>
    /// <exception cref="FetchException">It cannot be had, or is another one.</exception>
    public Task<bool> GetAsync(HubFile file, string folder, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        string address = $"/{id}/resolve/{revision}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}";
        return new Download(http, patience).GetAsync(new Uri(endpoint, address), Path.Combine(folder, file.Path), file.Hash, file.ByteCount, progress, cancellation);
    }

    private static HubFile Read(JsonElement entry)
    {
        string path = entry.GetProperty("path").GetString() ?? "";
        if (path.Length == 0 || path.StartsWith('/') || path.Contains('\\') || path.Split('/').Any(part => part is ".." or "." or ""))
            throw new FetchException($"The listing names a file '{path}' that would lie outside of the model's folder.");
        bool isLarge = entry.TryGetProperty("lfs", out JsonElement large);
        FileHash hash = isLarge ? new FileHash("sha256", large.GetProperty("oid").GetString()!) : new FileHash("git", entry.GetProperty("oid").GetString()!);
        return new HubFile(path, entry.GetProperty("size").GetInt64(), hash);
    }
}

/// <summary>A file of a model on the Hub.</summary>
/// <param name="Path">Below the model's folder, checked to stay there.</param>
public sealed record HubFile(string Path, long ByteCount, FileHash Hash);
