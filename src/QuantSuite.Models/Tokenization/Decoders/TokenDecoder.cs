namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>
/// Makes text of tokens: each step turns a list of strings into another, the last list's strings in a row are the text. The <c>decoder</c> of a tokenizer.json.
/// </summary>
internal abstract class TokenDecoder
{
    /// <summary>The strings after this step; the list given may be changed and returned.</summary>
    public abstract List<string> Apply(List<string> tokens);

    /// <summary>The decoder that a tokenizer.json describes.</summary>
    public static TokenDecoder Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => new SequenceDecoder(spec.Array("decoders").Select(Read).ToList()),
        "ByteLevel" => new ByteLevelDecoder(),
        "WordPiece" => new WordPieceDecoder(spec.String("prefix"), spec.Bool("cleanup")),
        "Metaspace" => MetaspaceDecoder.Read(spec),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(spec.Character("content"), spec.Integer("start", 0, int.MaxValue), spec.Integer("stop", 0, int.MaxValue)),
        "Replace" => ReplaceDecoder.Read(spec),
        "BPEDecoder" => new WordEndDecoder(spec.OptionalString("suffix") ?? "</w>"),
        "CTC" => new CtcDecoder(spec.String("pad_token"), spec.String("word_delimiter_token"), spec.Bool("cleanup")),
        _ => throw spec.Unsupported("decoder", "Sequence, ByteLevel, WordPiece, Metaspace, ByteFallback, Fuse, Strip, Replace, BPEDecoder, CTC"),
    };
}

/// <summary>One after the other.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<TokenDecoder> steps) : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens) => steps.Aggregate(tokens, (current, step) => step.Apply(current));
}

/// <summary>No decoder: tokens with spaces between them.</summary>
internal sealed class SpacingDecoder : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens) => [string.Join(' ', tokens)];
}

/// <summary>All strings as one, for the steps after it.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}
