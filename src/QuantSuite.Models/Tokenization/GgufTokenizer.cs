using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Patterns;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization;

/// <summary>
/// The tokenizer that a GGUF file carries in its metadata (<c>tokenizer.ggml.*</c>), as llama.cpp reads it: byte-level BPE (model <c>gpt2</c>), whose
/// pre-tokenizer the file only names (<c>tokenizer.ggml.pre</c>). The patterns per name are those of llama.cpp's <c>llama-vocab.cpp</c>; where it
/// rewrote a tokenizer.json's pattern to suit std::regex, the original stands here.
/// </summary>
public static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    // llama_token_type in the file.
    private const int Unknown = 2, Control = 3, UserDefined = 4;

    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions + "?" +
        @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions + "?" +
        @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string CommonIdeographs = "[一-龥ࠀ-一가-퟿]+";

    private static readonly Dictionary<string, PreTokenizerRule> Rules = Name(
    [
        (["default"], new([@"[\p{P}\$\+<=>\^~\|]+", ByteLevelPreTokenizer.Gpt2Pattern, @"\p{N}+", "[0-9][0-9][0-9]"])),
        (["gpt-2", "phi-2", "mpt", "olmo", "jais", "gigachat", "exaone4", "trillion", "granite-docling", "a.x-4.0", "mellum", "modern-bert"],
            new([ByteLevelPreTokenizer.Gpt2Pattern])),
        (["starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b"], new([@"\p{N}", ByteLevelPreTokenizer.Gpt2Pattern])),
        (["falcon"], new([@"[\p{P}\$\+<=>\^~\|`]+", ByteLevelPreTokenizer.Gpt2Pattern, "[0-9][0-9][0-9]"])),
        (["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"], new([Llama3], IgnoreMerges: true, AddBos: true)),
        (["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], new([Llama3])),
        (["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"], new([Qwen2])),
        (["gpt-4o", "llama4", "kanana2"], new([O200k])),
        (["deepseek-coder"], new(["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", CommonIdeographs, @"\p{N}"])),
        (["deepseek-v3", "hunyuan-dense"], new([@"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
            @"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"])),
    ]);

    /// <summary>The values of <c>tokenizer.ggml.pre</c> that are known.</summary>
    public static IEnumerable<string> PreTokenizers => Rules.Keys;

    /// <summary>The tokenizer in the metadata of a GGUF file; arrays may come as any enumerable of strings or numbers.</summary>
    /// <exception cref="UnsupportedTokenizerException">Another tokenizer model than <c>gpt2</c>, or a pre-tokenizer that is not known.</exception>
    /// <exception cref="TokenizerException">The metadata contradicts itself.</exception>
    public static PipelineTokenizer Read(IReadOnlyDictionary<string, object> metadata, string source)
    {
        RequireModel(metadata, source);
        PreTokenizerRule rule = FindRule(metadata, source);
        string[] tokens = Strings(metadata, "tokens", source);
        int[] types = metadata.ContainsKey(Prefix + "token_type") ? Numbers(metadata, "token_type", source) : new int[tokens.Length];
        if (types.Length != tokens.Length)
            throw new TokenizerException($"{source}: {Prefix}token_type has {types.Length} entries, expected one for each of the {tokens.Length} tokens.");
        var vocabulary = new Vocabulary();
        for (int id = 0; id < tokens.Length; id++)
            vocabulary.Add(tokens[id].Length > 0 ? tokens[id] : $"[EMPTY_{id}]", id);
        var model = new BytePairModel(vocabulary, ReadMerges(metadata, source), new BytePairOptions(IgnoreMerges: rule.IgnoreMerges));
        int? bosId = Id(metadata, "bos_token_id", source), eosId = Id(metadata, "eos_token_id", source);
        int[] before = bosId is int bos && Flag(metadata, "add_bos_token", rule.AddBos, source) ? [bos] : [];
        int[] after = eosId is int eos && Flag(metadata, "add_eos_token", false, source) ? [eos] : [];
        var definition = new TokenizerDefinition(vocabulary, ReadAddedTokens(tokens, types), null, rule.Build(), model,
            PostProcessor.Around(before, after), new ByteLevelDecoder());
        return new PipelineTokenizer(definition, bosId, eosId, Hash(metadata));
    }

    /// <summary>The splits in a row that a name stands for, and what else llama.cpp ties to the name.</summary>
    private sealed record PreTokenizerRule(string[] Patterns, bool IgnoreMerges = false, bool AddBos = false)
    {
        public PreTokenizer Build() => new SequencePreTokenizer(
        [
            .. Patterns.Select(pattern => new SplitPreTokenizer(UnicodePattern.Parse(pattern), SplitBehavior.Isolated)),
            new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false),
        ]);
    }

    private static Dictionary<string, PreTokenizerRule> Name(List<(string[] Names, PreTokenizerRule Rule)> rules) =>
        rules.SelectMany(entry => entry.Names, (entry, name) => (name, entry.Rule)).ToDictionary(entry => entry.name, entry => entry.Rule);

    private static void RequireModel(IReadOnlyDictionary<string, object> metadata, string source)
    {
        if (!metadata.TryGetValue(Prefix + "model", out object? model))
            throw new TokenizerException($"{source} has no {Prefix}model: it carries no tokenizer. Put a tokenizer.json beside it, or use a file with one.");
        if (model is not "gpt2")
            throw new UnsupportedTokenizerException($"{source}: {Prefix}model '{model}' is not supported yet (gpt2, that is byte-level BPE, is).");
    }

    private static PreTokenizerRule FindRule(IReadOnlyDictionary<string, object> metadata, string source)
    {
        string name = metadata.TryGetValue(Prefix + "pre", out object? pre) ? pre as string ?? "" : "default";
        return Rules.TryGetValue(name, out PreTokenizerRule? rule) ? rule
            : throw new UnsupportedTokenizerException(
                $"{source}: {Prefix}pre '{name}' is not known yet (known: {string.Join(", ", PreTokenizers.Order(StringComparer.Ordinal))}).");
    }

    private static List<(string Left, string Right)> ReadMerges(IReadOnlyDictionary<string, object> metadata, string source) =>
        Strings(metadata, "merges", source).Select((merge, rank) => merge.IndexOf(' ', Math.Min(1, merge.Length)) is > 0 and int space
            ? (merge[..space], merge[(space + 1)..])
            : throw new TokenizerException($"{source}: {Prefix}merges[{rank}] is '{merge}', expected two tokens with a space between.")).ToList();

    private static List<AddedToken> ReadAddedTokens(string[] tokens, int[] types) =>
        Enumerable.Range(0, tokens.Length).Where(id => types[id] is Unknown or Control or UserDefined)
            .Select(id => new AddedToken(tokens[id], id, Special: types[id] != UserDefined)).ToList();

    private static object Require(IReadOnlyDictionary<string, object> metadata, string key, string source) =>
        metadata.TryGetValue(Prefix + key, out object? value) ? value
            : throw new TokenizerException($"{source}: {Prefix}{key} is missing. Is the file complete?");

    private static string[] Strings(IReadOnlyDictionary<string, object> metadata, string key, string source)
    {
        object value = Require(metadata, key, source);
        string[] strings = value is IEnumerable list and not string ? list.OfType<string>().ToArray() : [];
        return strings.Length > 0 && strings.Length <= Vocabulary.MaxId ? strings
            : throw new TokenizerException($"{source}: {Prefix}{key} holds {strings.Length} strings, expected 1 to {Vocabulary.MaxId}.");
    }

    private static int[] Numbers(IReadOnlyDictionary<string, object> metadata, string key, string source) =>
        Require(metadata, key, source) is IEnumerable list and not string ? list.Cast<object>().Select(value => Number(value, key, source)).ToArray()
            : throw new TokenizerException($"{source}: {Prefix}{key} is not an array of numbers.");

    private static int Number(object value, string key, string source)
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

    private static int? Id(IReadOnlyDictionary<string, object> metadata, string key, string source) =>
        metadata.TryGetValue(Prefix + key, out object? value) ? Number(value, key, source) : null;

    private static bool Flag(IReadOnlyDictionary<string, object> metadata, string key, bool fallback, string source) =>
        !metadata.TryGetValue(Prefix + key, out object? value) ? fallback
            : value as bool? ?? throw new TokenizerException($"{source}: {Prefix}{key} is '{value}', expected true or false.");

    private static string Hash(IReadOnlyDictionary<string, object> metadata)
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
}
