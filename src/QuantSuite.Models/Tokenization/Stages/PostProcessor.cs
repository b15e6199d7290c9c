namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// What happens to the tokens of one text at the end: ids before and after it, and whether offsets leave out the white space at a token's ends.
/// Hugging Face tokenizers' <c>post_processor</c> types come down to these.
/// </summary>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After, bool TrimOffsets = false, bool AddPrefixSpace = false)
{
    /// <summary>Adds and trims nothing.</summary>
    public static PostProcessor None { get; } = new([], []);

    /// <summary>The post-processor that a tokenizer.json describes.</summary>
    public static PostProcessor Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => spec.Array("processors").Select(Read).Aggregate(None, (inner, outer) => outer.Around(inner)),
        "ByteLevel" => None with { TrimOffsets = spec.Bool("trim_offsets"), AddPrefixSpace = spec.Bool("add_prefix_space") },
        "TemplateProcessing" => ReadTemplate(spec),
        "RobertaProcessing" => ReadBert(spec) with { TrimOffsets = spec.Bool("trim_offsets"), AddPrefixSpace = spec.Bool("add_prefix_space") },
        "BertProcessing" => ReadBert(spec),
        _ => throw spec.Unsupported("post-processor", "Sequence, ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing"),
    };

    /// <summary>The range of a token without the white space at its ends; a space put there by <c>add_prefix_space</c> does not count.</summary>
    public Token Trim(Token token, ReadOnlySpan<char> spelling, bool first)
    {
        int leading = 0, trailing = 0;
        while (leading < spelling.Length && IsSpace(spelling[leading]))
            leading++;
        while (trailing < spelling.Length && IsSpace(spelling[^(trailing + 1)]))
            trailing++;
        if (leading > 0 && AddPrefixSpace && (first || token.Start == 0))
            leading--;
        int start = Math.Min(token.Start + leading, token.End);
        int end = token.End >= trailing ? Math.Max(token.End - trailing, start) : token.End;
        return token with { Start = start, End = end };
    }

    private static bool IsSpace(char c) => c == ByteLevelAlphabet.Letter((byte)' ') || char.IsWhiteSpace(c);

    private PostProcessor Around(PostProcessor inner) => new(
        [.. Before, .. inner.Before], [.. inner.After, .. After], TrimOffsets || inner.TrimOffsets, AddPrefixSpace || inner.AddPrefixSpace);

    private static PostProcessor ReadBert(TokenizerSpec spec) => new([PairId(spec, "cls")], [PairId(spec, "sep")]);

    private static int PairId(TokenizerSpec spec, string key)
    {
        var pair = spec.Elements(key).ToList();
        return pair.Count == 2 ? TokenizerSpec.Id(pair[1], $"{spec.Place}.{key}[1]")
            : throw new TokenizerException($"{spec.Place}.{key} has {pair.Count} elements, expected [token, id].");
    }

    private static PostProcessor ReadTemplate(TokenizerSpec spec)
    {
        List<int> before = [], after = [], current = before;
        int sequences = 0;
        foreach (TokenizerSpec part in spec.Array("single"))
        {
            if (part.OptionalObject("Sequence") is not null)
                (current, sequences) = (after, sequences + 1);
            else
                current.AddRange(TemplateIds(spec, part.Object("SpecialToken").String("id")));
        }
        return sequences == 1 ? new(before, after)
            : throw new UnsupportedTokenizerException($"{spec.Place}.single has the text {sequences} times; only once is supported yet.");
    }

    private static IEnumerable<int> TemplateIds(TokenizerSpec spec, string name)
    {
        TokenizerSpec token = spec.Object("special_tokens").Object(name);
        return token.Elements("ids").Select(id => TokenizerSpec.Id(id, $"{token.Place}.ids"));
    }
}
