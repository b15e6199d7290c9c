using QuantSuite.Models.Tokenization.Patterns;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.Gguf;

/// <summary>The splits in a row that a name stands for, and what else llama.cpp ties to the name.</summary>
internal sealed record GgufPreTokenizer(string[] Patterns, bool IgnoreMerges = false, bool AddBos = false)
{
    /// <summary>The pre-tokenizer: the splits, then every byte spelled as a character.</summary>
    public PreTokenizer Build() => new SequencePreTokenizer(
    [
        .. Patterns.Select(pattern => new SplitPreTokenizer(UnicodePattern.Parse(pattern), SplitBehavior.Isolated)),
        new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false),
    ]);
}

/// <summary>
/// The pre-tokenizers that llama.cpp knows by the name in <c>tokenizer.ggml.pre</c> (its <c>llama-vocab.cpp</c>). Where it rewrote a tokenizer.json's pattern to
/// suit std::regex, the original stands here. Not among them, since they need more than splits: gemma4, sarvam-moe, whitespace.
/// </summary>
internal static class GgufPreTokenizers
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string SpaceRuns = @"|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Marks = @"| ?[^\s\p{L}\p{N}]+[\r\n]*";
    private const string Words = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Llama3 = Contractions + "|" + Words + @"|\p{N}{1,3}" + Marks + SpaceRuns;
    private const string Qwen2 = Contractions + "|" + Words + @"|\p{N}" + Marks + SpaceRuns;

    private const string Capitalized = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    private const string Capitals = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    private const string MarksAndSlashes = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*";
    private const string CasedWords = Capitalized + Contractions + "?|" + Capitals + Contractions + "?";
    private const string O200k = CasedWords + @"|\p{N}{1,3}" + MarksAndSlashes + SpaceRuns;
    private const string Tekken = Capitalized + "|" + Capitals + @"|\p{N}" + MarksAndSlashes + SpaceRuns;

    private const string Ideographs = @"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
    private const string CommonIdeographs = @"[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";
    private const string DeepSeekWords = @"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+";
    private const string DeepSeekV3 = DeepSeekWords + @"[\r\n]*" + SpaceRuns;

    private const string AsianScripts = @"[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF\u3040-\u309F\u30A0-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF\u0E40-\u0E7F"
        + @"\u0E80-\u0EFF\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF]+";

    private const string AsianRuns = @"[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+"
        + @"|[\u3105-\u312F]+|[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";

    private const string KimiK2 = @"\p{Han}+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+" + Contractions
        + @"?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*" + Contractions
        + @"?|\p{N}{1,3}" + Marks + SpaceRuns;

    private const string Jais2Spaces = @"|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}";

    // Cased letters as DeepSeek LLM lists them.
    private const string CasedLetters = @"A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377"
        + @"\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD"
        + @"\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D"
        + @"\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107"
        + @"\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4"
        + @"\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A"
        + @"\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}";

    private const string NotPunctuated = @" ?[^(\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";

    private static readonly Dictionary<string, GgufPreTokenizer> Rules = Name(
    [
        (["default"], new([@"[\p{P}\$\+<=>\^~\|]+", ByteLevelPreTokenizer.Gpt2Pattern, @"\p{N}+", "[0-9][0-9][0-9]"])),
        (["gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "gigachat", "exaone4", "granite-docling", "a.x-4.0", "mellum", "modern-bert",
            "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code", "roberta-bpe"], new([ByteLevelPreTokenizer.Gpt2Pattern])),
        (["starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"], new([@"\p{N}", ByteLevelPreTokenizer.Gpt2Pattern])),
        (["falcon"], new([@"[\p{P}\$\+<=>\^~\|`]+", ByteLevelPreTokenizer.Gpt2Pattern, "[0-9][0-9][0-9]"])),
        (["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"],
            new([Llama3], IgnoreMerges: true, AddBos: true)),
        (["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], new([Llama3])),
        (["jais-2"], new([Contractions + "|" + Words + @"|\p{N}{1,3}" + Marks + Jais2Spaces])),
        (["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2"], new([Qwen2])),
        (["qwen35"], new([Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + SpaceRuns])),
        (["ufakzeka"], new([Words + @"|\p{N}" + Marks + SpaceRuns])),
        (["laguna"], new([@"[^\n]+|[\n]+", Qwen2])),
        (["minicpm5"], new([@"\p{N}{1,3}", Contractions + "|" + Words + @"|\p{N}+" + Marks + SpaceRuns], IgnoreMerges: true)),
        (["seed-coder"], new([Contractions + "|" + Words + @"|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+" + SpaceRuns])),
        (["bailingmoe", "bailingmoe2", "llada-moe"],
            new([@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"])),
        (["exaone-moe"], new([Contractions
            + @"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"])),
        (["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], new([O200k])),
        (["granite-embed-multi-97m"], new([O200k], IgnoreMerges: true)),
        (["tiny_aya", "cohere2moe"], new([@"\d{1,3}(?=(?:\d{3})*\b)", O200k])),
        (["tekken"], new([Tekken], IgnoreMerges: true, AddBos: true)),
        (["youtu"], new([AsianRuns, CasedWords + @"|\p{N}" + MarksAndSlashes + SpaceRuns], IgnoreMerges: true)),
        (["kimi-k2"], new([KimiK2])),
        (["superbpe"], new([@"\p{N}+", @"(?=(\d{3})+(?!\d))"])),
        (["deepseek-llm"], new(["[\r\n]", $@"\s?[{CasedLetters}]+", @"\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+",
            @"\s+$", CommonIdeographs, @"\p{N}+"])),
        (["deepseek-coder"], new(["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", CommonIdeographs, @"\p{N}"])),
        (["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], new([@"\p{N}{1,3}", Ideographs, DeepSeekV3])),
        (["spark2_5"], new([@"\p{N}{1,3}", Ideographs, DeepSeekWords + @"|[\r\n]|\s+(?!\S)|\s+", @"\p{N}"])),
        (["afmoe"], new([@"\d{1,3}(?=(?:\d{3})*(?!\d))", AsianScripts, DeepSeekV3])),
        (["poro-chat", "bloom", "gpt3-finnish"], new([NotPunctuated])),
        (["viking"], new([NotPunctuated, @"\p{N}"])),
        (["chameleon"], new(["<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", @"([\t\n]|    |  )", @"\p{N}", @"[\p{P}!-/:-@\[-`{-~]",
            ByteLevelPreTokenizer.Gpt2Pattern], AddBos: true)),
    ]);

    /// <summary>The names that are known.</summary>
    public static IEnumerable<string> Names => Rules.Keys;

    /// <summary>The pre-tokenizer of a name, or null.</summary>
    public static GgufPreTokenizer? Find(string name) => Rules.GetValueOrDefault(name);

    private static Dictionary<string, GgufPreTokenizer> Name(List<(string[] Names, GgufPreTokenizer Rule)> rules) =>
        rules.SelectMany(entry => entry.Names, (entry, name) => (name, entry.Rule)).ToDictionary(entry => entry.name, entry => entry.Rule);
}
