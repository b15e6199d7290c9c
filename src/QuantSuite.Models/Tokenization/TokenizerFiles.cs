using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace QuantSuite.Models.Tokenization;

/// <summary>Finds and loads the tokenizer of a model on disk.</summary>
public static class TokenizerFiles
{
    private const long MaxBytes = 256L << 20;

    /// <summary>
    /// The tokenizer of a model folder (tokenizer.json; BOS and EOS as tokenizer_config.json names them, else as config.json or
    /// generation_config.json number them), or of a tokenizer.json given by its path.
    /// </summary>
    /// <exception cref="UnsupportedTokenizerException">It needs something that is not implemented.</exception>
    /// <exception cref="TokenizerException">There is none, or it is malformed.</exception>
    public static PipelineTokenizer Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path;
        if (file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return LoadGguf(file);
        if (!File.Exists(file) || file.EndsWith(".model", StringComparison.Ordinal))
            throw Missing(path, file);
        byte[] bytes = ReadAll(file);
        TokenizerDefinition definition = TokenizerJson.Read(bytes, file);
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        bool whole = Directory.Exists(path);
        int? bosId = whole ? Declared(folder, "bos_token", definition.Vocabulary) : null;
        int? eosId = whole ? Declared(folder, "eos_token", definition.Vocabulary) : null;
        return new PipelineTokenizer(definition, bosId, eosId, Hash(bytes, bosId, eosId));
    }

    private static TokenizerException Missing(string path, string file) =>
        File.Exists(Path.Combine(path, "tokenizer.model")) || File.Exists(file)
            ? new UnsupportedTokenizerException($"{path}: a SentencePiece .model without a tokenizer.json is not supported yet. Save the tokenizer with transformers' save_pretrained.")
            : new TokenizerException($"{file} does not exist; a model folder needs a tokenizer.json. Is the path right?");

    private static byte[] ReadAll(string file)
    {
        long length = new FileInfo(file).Length;
        return length <= MaxBytes ? File.ReadAllBytes(file) : throw new TokenizerException($"{file} has {length} bytes, more than the {MaxBytes} that a tokenizer may have. Is it the right file?");
    }

    // Filled in with the GGUF reader.
    private static PipelineTokenizer LoadGguf(string file) => throw new UnsupportedTokenizerException($"{file}: reading a tokenizer from GGUF is not connected yet.");

    private static string Hash(byte[] bytes, int? bosId, int? eosId) =>
        Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(bytes), .. Encoding.ASCII.GetBytes($"bos {bosId} eos {eosId}")]));

    private static int? Declared(string folder, string role, Vocabulary vocabulary)
    {
        if (Config(folder, "tokenizer_config.json") is { } tokenizerConfig && TokenName(tokenizerConfig, role) is { } name)
            return vocabulary.Find(name) ?? throw new TokenizerException($"{tokenizerConfig.Place}.{role} is '{name}', which the tokenizer lacks. Do the files belong together?");
        return DeclaredId(folder, "config.json", $"{role}_id") ?? DeclaredId(folder, "generation_config.json", $"{role}_id");
    }

    private static TokenizerSpec? Config(string folder, string name)
    {
        string file = Path.Combine(folder, name);
        if (!File.Exists(file))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(ReadAll(file));
            return new TokenizerSpec(document.RootElement.Clone(), file);
        }
        catch (JsonException malformed)
        {
            throw new TokenizerException($"{file} is not valid JSON: {malformed.Message}", malformed);
        }
    }

    // A name, or an AddedToken object with its content.
    private static string? TokenName(TokenizerSpec config, string role) =>
        !config.Has(role) ? null : config.IsObject(role) ? config.Object(role).String("content") : config.String(role);

    private static int? DeclaredId(string folder, string file, string key) => Config(folder, file)?.OptionalFirstId(key);
}
