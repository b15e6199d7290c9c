namespace QuantSuite.Models.Tokenization.Tiktoken;

/// <summary>
/// What a tiktoken file leaves to the program that reads it: the pattern that cuts the text, and the special tokens. A file is known by its name, else by its
/// number of ranks.
/// </summary>
internal sealed record TiktokenEncoding(string Name, int RankCount, string Pattern, (string Token, int Id)[] Special, int? BosId, int? EosId)
{
    private const string Gpt2 = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private const string Cl100k =
        Contractions + @"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string Llama3 =
        Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen =
        Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions + "?" +
        @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions + "?" +
        @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly TiktokenEncoding[] Known =
    [
        new("gpt2", 50_256, Gpt2, [("<|endoftext|>", 50_256)], null, 50_256),
        new("r50k_base", 50_256, Gpt2, [("<|endoftext|>", 50_256)], null, 50_256),
        new("p50k_base", 50_280, Gpt2, [("<|endoftext|>", 50_256)], null, 50_256),
        new("p50k_edit", 50_280, Gpt2,
            [("<|endoftext|>", 50_256), ("<|fim_prefix|>", 50_281), ("<|fim_middle|>", 50_282), ("<|fim_suffix|>", 50_283)], null, 50_256),
        new("cl100k_base", 100_256, Cl100k, [("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
            ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276)], null, 100_257),
        new("o200k_base", 199_998, O200k, [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)], null, 199_999),
        new("llama3", 128_000, Llama3, Llama3Special(), 128_000, 128_001),
        new("qwen", 151_643, Qwen, [("<|endoftext|>", 151_643), ("<|im_start|>", 151_644), ("<|im_end|>", 151_645),
            .. Enumerable.Range(0, 205).Select(i => ($"<|extra_{i}|>", 151_646 + i))], null, 151_643),
    ];

    /// <summary>The encoding of a file.</summary>
    /// <exception cref="UnsupportedTokenizerException">Neither name nor number of ranks is known.</exception>
    public static TiktokenEncoding Of(string path, int rankCount) =>
        Known.FirstOrDefault(encoding => encoding.Name == Path.GetFileNameWithoutExtension(path))
        ?? Known.FirstOrDefault(encoding => encoding.RankCount == rankCount)
        ?? throw new UnsupportedTokenizerException($"{path}: a tiktoken file of {rankCount} ranks, and the file does not hold its pattern; known are "
            + $"{string.Join(", ", Known.Select(encoding => $"{encoding.Name} ({encoding.RankCount})"))}. Name the file after its encoding, or use a tokenizer.json.");

    private static (string, int)[] Llama3Special()
    {
        string[] named = ["begin_of_text", "end_of_text", "reserved_special_token_0", "reserved_special_token_1", "finetune_right_pad_id", "reserved_special_token_2",
            "start_header_id", "end_header_id", "eom_id", "eot_id", "python_tag"];
        IEnumerable<string> all = [.. named, .. Enumerable.Range(3, 256 - named.Length).Select(i => $"reserved_special_token_{i}")];
        return all.Select((name, i) => ($"<|{name}|>", 128_000 + i)).ToArray();
    }
}
