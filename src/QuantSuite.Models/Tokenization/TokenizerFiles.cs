using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Tokenization.SentencePiece;
using QuantSuite.Models.Tokenization.Tiktoken;

namespace QuantSuite.Models.Tokenization;

/// <summary>Finds and loads the tokenizer of a model on disk.</summary>
public static class TokenizerFiles
{
    private const string FileName = "tokenizer.json";
    private const long MaxBytes = 256L << 20;

    /// <summary>
    /// The tokenizer of a model folder, a <c>.gguf</c> or <c>.safetensors</c> file, or a tokenizer's own file: a tokenizer.json, a SentencePiece
    /// <c>.model</c>, a tiktoken file. A folder's tokenizer.json comes first, then its SentencePiece or tiktoken file, then what the one GGUF file in it
    /// carries (a model's own, or the tokenizer.gguf of one that was quantized from such a file). BOS and EOS are what tokenizer_config.json names,
    /// else what config.json or generation_config.json number; in a GGUF file its own.
    /// A SentencePiece file alone adds neither, as SentencePiece; in a folder it adds what tokenizer_config.json says.
    /// </summary>
    /// <exception cref="UnsupportedTokenizerException">It needs something that is not implemented.</exception>
    /// <exception cref="TokenizerException">There is none, or it is malformed.</exception>
    /// <exception cref="CheckpointException">The GGUF file is malformed.</exception>
    public static PipelineTokenizer Load(string path)
    {
        if (!Path.Exists(path))
            throw new TokenizerException($"{path} does not exist; expected a model folder, a .gguf file or a tokenizer.json.");
        string extension = Path.GetExtension(path).ToLowerInvariant();
        if (!Directory.Exists(path) && extension is not (".gguf" or ".safetensors"))
            return LoadFile(path, folder: null);
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (extension != ".gguf" && FindOwnFile(folder) is { } file)
            return LoadFile(file, folder);
        string[] files = extension == ".gguf" ? [path] : CheckpointFiles.GgufFilesIn(folder).Models;
        if (files.Length != 1)
            throw new TokenizerException($"{folder} has no {FileName}, which a model folder needs (nor a SentencePiece .model or .tiktoken file). "
                + "Copy it from where the weights came from.");
        using Checkpoint checkpoint = CheckpointFiles.Open(files[0]);
        return GgufTokenizer.Read(checkpoint.Metadata, path);
    }

    /// <summary>The tokenizer that belongs to an opened checkpoint: as <see cref="Load(string)"/> of its path, without opening a GGUF file twice.</summary>
    /// <exception cref="TokenizerException">There is none, it is malformed or not supported.</exception>
    public static PipelineTokenizer Load(Checkpoint checkpoint) =>
        checkpoint.Format == "gguf" && FindOwnFile(checkpoint.Path) is null
            ? GgufTokenizer.Read(checkpoint.Metadata, checkpoint.Path)
            : Load(checkpoint.Path);

    private static string? FindOwnFile(string folder)
    {
        if (!Directory.Exists(folder))
            return null;
        string[] names = [FileName, "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "tiktoken.model"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? Directory.GetFiles(folder, "*.tiktoken").Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static PipelineTokenizer LoadFile(string file, string? folder)
    {
        byte[] bytes = ReadAll(file);
        if (TiktokenFile.IsOne(bytes))
            return LoadTiktoken(bytes, file, folder);
        bool isModel = Path.GetExtension(file) == ".model";
        TokenizerSpec? config = folder is null ? null : Config(folder, "tokenizer_config.json");
        SentencePieceData? data = isModel ? SentencePieceData.Parse(bytes, file) : null;
        TokenizerDefinition definition = data is null ? TokenizerJson.Read(bytes, file) : SentencePieceFolder.Define(data, config);
        int? bosId = folder is null ? data?.BosId : Declared(folder, "bos_token", definition.Vocabulary) ?? data?.BosId;
        int? eosId = folder is null ? data?.EosId : Declared(folder, "eos_token", definition.Vocabulary) ?? data?.EosId;
        return new PipelineTokenizer(definition, bosId, eosId, Hash(bytes, bosId, eosId));
    }

    private static PipelineTokenizer LoadTiktoken(byte[] bytes, string file, string? folder)
    {
        (TokenizerDefinition definition, int? bosId, int? eosId) = TiktokenFile.Read(bytes, file);
        if (folder is not null)
            (bosId, eosId) = (Declared(folder, "bos_token", definition.Vocabulary) ?? bosId, Declared(folder, "eos_token", definition.Vocabulary) ?? eosId);
        return new PipelineTokenizer(definition, bosId, eosId, Hash(bytes, bosId, eosId));
    }

    private static byte[] ReadAll(string file)
    {
        long length = new FileInfo(file).Length;
        return length <= MaxBytes ? File.ReadAllBytes(file)
            : throw new TokenizerException($"{file} has {length} bytes, expected at most {MaxBytes}. Is it the right file?");
    }

    private static string Hash(byte[] bytes, int? bosId, int? eosId) =>
        Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(bytes), .. Encoding.ASCII.GetBytes($"bos {bosId} eos {eosId}")]));

    private static int? Declared(string folder, string role, Vocabulary vocabulary)
    {
        if (Config(folder, "tokenizer_config.json") is { } tokenizerConfig && TokenName(tokenizerConfig, role) is { } name)
            return vocabulary.Find(name)
                ?? throw new TokenizerException($"{tokenizerConfig.Place}.{role} is '{name}', which the tokenizer lacks. Do the files belong together?");
        return DeclaredId(folder, "config.json", $"{role}_id") ?? DeclaredId(folder, "generation_config.json", $"{role}_id");
    }

    private static TokenizerSpec? Config(string folder, string name)
    {
        string file = Path.Combine(folder, name);
        if (!File.Exists(file))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(JsonFile.NamedInfinities(ReadAll(file)));
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
