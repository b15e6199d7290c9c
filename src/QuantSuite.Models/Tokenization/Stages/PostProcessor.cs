namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>A part of a template: one of the two texts, or a special token.</summary>
/// <param name="Id">The special token's id, or null for a text.</param>
/// <param name="IsSecond">Whether the text is the second of a pair.</param>
/// <param name="TypeId">What kind of segment the part's tokens belong to (BERT's <c>token_type_ids</c>).</param>
internal readonly record struct TemplatePart(int? Id, bool IsSecond, int TypeId);

/// <summary>
/// What happens to the tokens of a text, or of a pair of texts, at the end: special tokens around and between them, and whether offsets leave out the
/// white space at a token's ends. Hugging Face tokenizers' <c>post_processor</c> types come down to these.
/// </summary>
/// <param name="Single">Parts around one text.</param>
/// <param name="Pair">Parts around two texts; null where nothing says how.</param>
internal sealed record PostProcessor(
    IReadOnlyList<TemplatePart> Single, IReadOnlyList<TemplatePart>? Pair, bool TrimOffsets = false, bool AddPrefixSpace = false)
{
    private static readonly TemplatePart First = new(null, false, 0), Second = new(null, true, 1);

    /// <summary>Adds and trims nothing.</summary>
    public static PostProcessor None { get; } = new([First], [First, Second]);

    /// <summary>Ids before and after each text.</summary>
    public static PostProcessor Around(IReadOnlyList<int> before, IReadOnlyList<int> after)
    {
        TemplatePart[] Wrap(TemplatePart text) => [.. before.Select(id => new TemplatePart(id, false, text.TypeId)), text,
            .. after.Select(id => new TemplatePart(id, false, text.TypeId))];
        return new PostProcessor(Wrap(First), [.. Wrap(First), .. Wrap(Second)]);
    }

    /// <summary>The post-processor that a tokenizer.json describes.</summary>
    public static PostProcessor Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => spec.Array("processors").Select(Read).Aggregate(None, (inner, outer) => outer.Enclose(inner)),
        "ByteLevel" => None with { TrimOffsets = spec.Bool("trim_offsets"), AddPrefixSpace = spec.Bool("add_prefix_space") },
        "TemplateProcessing" => ReadTemplate(spec),
        "RobertaProcessing" => ReadRoberta(spec),
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

    // One after the other: what the later one adds stands outside. Of a pair only one of them may say how it is joined.
    private PostProcessor Enclose(PostProcessor inner) => new(
        Single.SelectMany(part => part.Id is null ? inner.Single : [part]).ToList(),
        inner.Adds && Adds ? null : Adds ? Pair : inner.Pair,
        TrimOffsets || inner.TrimOffsets, AddPrefixSpace || inner.AddPrefixSpace);

    private bool Adds => Single.Count > 1;

    private static PostProcessor ReadBert(TokenizerSpec spec)
    {
        int cls = PairId(spec, "cls"), sep = PairId(spec, "sep");
        TemplatePart begin = new(cls, false, 0), end = new(sep, false, 0), close = new(sep, false, 1);
        return new PostProcessor([begin, First, end], [begin, First, end, Second, close]);
    }

    private static PostProcessor ReadRoberta(TokenizerSpec spec)
    {
        int cls = PairId(spec, "cls"), sep = PairId(spec, "sep");
        TemplatePart begin = new(cls, false, 0), end = new(sep, false, 0);
        return new PostProcessor([begin, First, end], [begin, First, end, end, Second with { TypeId = 0 }, end],
            spec.Bool("trim_offsets"), spec.Bool("add_prefix_space"));
    }

    private static int PairId(TokenizerSpec spec, string key)
    {
        var pair = spec.Elements(key).ToList();
        return pair.Count == 2 ? TokenizerSpec.Id(pair[1], $"{spec.Place}.{key}[1]")
            : throw new TokenizerException($"{spec.Place}.{key} has {pair.Count} elements, expected [token, id].");
    }

    private static PostProcessor ReadTemplate(TokenizerSpec spec)
    {
        List<TemplatePart> single = ReadParts(spec, "single");
        if (single.Count(part => part.Id is null) != 1 || single.Any(part => part.IsSecond))
            throw new UnsupportedTokenizerException($"{spec.Place}.single has not exactly one text, A; only that is supported yet.");
        return new PostProcessor(single, spec.Has("pair") ? ReadParts(spec, "pair") : None.Pair);
    }

    private static List<TemplatePart> ReadParts(TokenizerSpec spec, string key)
    {
        var parts = new List<TemplatePart>();
        foreach (TokenizerSpec part in spec.Array(key))
        {
            if (part.OptionalObject("Sequence") is { } text)
                parts.Add(new TemplatePart(null, IsB(text), TypeId(text)));
            else
                parts.AddRange(TemplateIds(spec, part.Object("SpecialToken")));
        }
        return parts;
    }

    private static bool IsB(TokenizerSpec text) => text.String("id") switch
    {
        "A" => false,
        "B" => true,
        string other => throw new TokenizerException($"{text.Place}.id is '{other}', expected A or B."),
    };

    private static int TypeId(TokenizerSpec part) => part.Integer("type_id", 0, int.MaxValue, 0);

    private static IEnumerable<TemplatePart> TemplateIds(TokenizerSpec spec, TokenizerSpec part)
    {
        TokenizerSpec token = spec.Object("special_tokens").Object(part.String("id"));
        return token.Elements("ids").Select(id => new TemplatePart(TokenizerSpec.Id(id, $"{token.Place}.ids"), false, TypeId(part)));
    }
}
