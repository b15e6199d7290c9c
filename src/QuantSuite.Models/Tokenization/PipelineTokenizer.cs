using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization;

/// <summary>
/// A tokenizer as Hugging Face tokenizers builds them: added tokens are cut out of the text, the rest is normalized, added tokens of the normalized
/// kind are cut out of that, the rest is pre-tokenized to words, the model makes tokens of each word, the post-processor adds its own. Equal to
/// tokenizers 0.23.3 to the id; SentencePiece's models, tiktoken's and GGUF's run through the same stages. Safe to use from several threads.
/// </summary>
/// <remarks>
/// Differences: an id that no token has decodes to nothing (there too), truncation and padding of the file are not applied, and a lone surrogate,
/// which no Rust string can hold, counts as U+FFFD.
/// </remarks>
public sealed class PipelineTokenizer : Tokenizer
{
    private readonly TokenizerDefinition definition;
    private readonly Finders all;
    private readonly Lazy<Finders> withoutSpecial;
    private readonly HashSet<int> special;
    private readonly HashSet<int> skipped;
    private readonly Dictionary<int, string> renamed = [];

    internal PipelineTokenizer(TokenizerDefinition definition, int? bosId, int? eosId, string contentHash)
    {
        this.definition = definition;
        (BosId, EosId, ContentHash) = (bosId, eosId, contentHash);
        all = new Finders(definition.AddedTokens, definition.Normalizer);
        withoutSpecial = new(() => new Finders(definition.AddedTokens.Where(token => !token.Special), definition.Normalizer));
        special = definition.AddedTokens.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        skipped = [.. special];
        foreach ((string content, AddedToken token) in all.Renamed)
        {
            renamed[token.Id] = content;
            skipped.Remove(token.Id);
        }
        RequireKnown(bosId, "beginning-of-text");
        RequireKnown(eosId, "end-of-text");
    }

    /// <inheritdoc/>
    public override int VocabularySize => definition.Vocabulary.Size;

    /// <inheritdoc/>
    public override int? BosId { get; }

    /// <inheritdoc/>
    public override int? EosId { get; }

    /// <inheritdoc/>
    public override string ContentHash { get; }

    /// <summary>The token of an id as the vocabulary spells it, or null for an id that no token has.</summary>
    public string? TokenOf(int id) => definition.Vocabulary.Token(id);

    /// <inheritdoc/>
    public override int[] Encode(string text, bool addSpecial = true)
    {
        List<Token> tokens = Encode(text, all, tracked: false);
        return Ids(addSpecial ? Wrap(tokens) : tokens);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Token> EncodeWithOffsets(string text, bool addSpecial = true)
    {
        List<Token> tokens = Encode(text, all, tracked: true);
        return addSpecial ? Wrap(tokens) : tokens;
    }

    /// <summary>Ids of a text that is only text: special tokens in it are not recognized (llama.cpp's <c>parse_special</c> false), and none are added.</summary>
    public int[] EncodeLiteral(string text) => Ids(Encode(text, withoutSpecial.Value, tracked: false));

    /// <summary>Ids of two texts as one input, joined as the tokenizer's post-processor says, with the kind of segment of each (<c>token_type_ids</c>).</summary>
    /// <exception cref="UnsupportedTokenizerException">The post-processor does not say how two texts are joined.</exception>
    public IReadOnlyList<(int Id, int TypeId)> EncodePair(string first, string second)
    {
        IReadOnlyList<TemplatePart> parts = definition.PostProcessor.Pair
            ?? throw new UnsupportedTokenizerException("the tokenizer has several post-processors that add tokens; how they join two texts is not supported yet.");
        List<Token> tokens = Encode(first, all, tracked: false), others = Encode(second, all, tracked: false);
        return parts.SelectMany(part => part.Id is int id ? [(id, part.TypeId)]
            : (part.IsSecond ? others : tokens).Select(token => (token.Id, part.TypeId))).ToList();
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
            if (!(skipSpecial && skipped.Contains(id)) && (renamed.GetValueOrDefault(id) ?? definition.Vocabulary.Token(id)) is { } token)
                tokens.Add(token);
        return string.Concat(definition.Decoder.Apply(tokens));
    }

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => special.Contains(id);

    private void RequireKnown(int? id, string role)
    {
        if (id is int given && definition.Vocabulary.Token(given) is null)
            throw new TokenizerException($"the {role} token has id {given}, the tokenizer {VocabularySize} tokens. Do model and tokenizer belong together?");
    }

    private static int[] Ids(IReadOnlyList<Token> tokens)
    {
        var ids = new int[tokens.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = tokens[i].Id;
        return ids;
    }

    private List<Token> Wrap(List<Token> tokens)
    {
        var wrapped = new List<Token>(tokens.Count + 2);
        foreach (TemplatePart part in definition.PostProcessor.Single)
            if (part.Id is int id)
                wrapped.Add(new Token(id, 0, 0));
            else
                wrapped.AddRange(tokens);
        return wrapped;
    }

    private List<Token> Encode(string text, Finders finders, bool tracked)
    {
        var tokens = new List<Token>(text.Length / 3);
        foreach (var part in finders.Raw.Split(text))
        {
            if (part.Token is { } added)
                Append(new Token(added.Id, part.Start, part.End), text.AsSpan(part.Start, part.End - part.Start), tokens);
            else if (tracked)
                EncodeNormalized(AlignedText.Original(text[part.Start..part.End], part.Start), finders, tokens);
            else
                EncodeNormalized(AlignedText.Untracked(text[part.Start..part.End], part.Start), finders, tokens);
        }
        return tokens;
    }

    private void EncodeNormalized(AlignedText text, Finders finders, List<Token> tokens)
    {
        AlignedText normalized = definition.Normalizer?.Apply(text) ?? text;
        foreach (var part in finders.Normalized.Split(normalized.Text))
        {
            if (part.Token is { } added)
                Append(Locate(added.Id, normalized, part.Start, part.End), normalized.Text.AsSpan(part.Start, part.End - part.Start), tokens);
            else
                EncodeWords(normalized.Slice(part.Start, part.End), tokens);
        }
    }

    private void EncodeWords(AlignedText text, List<Token> tokens)
    {
        var whole = SplitText.Whole(text);
        SplitText words = definition.PreTokenizer?.Apply(whole) ?? whole;
        foreach (Piece word in words.Pieces)
        {
            ReadOnlySpan<char> characters = words.Span(word);
            foreach (Symbol symbol in definition.Model.Tokenize(characters))
                if (text.IsTracked)
                    Append(Locate(symbol.Id, words.Aligned, word.Start + symbol.Start, word.Start + symbol.End), characters[symbol.Start..symbol.End], tokens);
                else
                    tokens.Add(new Token(symbol.Id, 0, 0));
        }
    }

    private static Token Locate(int id, AlignedText text, int start, int end) => text.IsTracked ? new(id, text.Start(start), text.End(end - 1)) : new(id, 0, 0);

    private void Append(Token token, ReadOnlySpan<char> spelling, List<Token> tokens) =>
        tokens.Add(definition.PostProcessor.TrimOffsets ? definition.PostProcessor.Trim(token, spelling, first: tokens.Count == 0) : token);

    /// <summary>The two searches for added tokens: in the text itself, and in the normalized text.</summary>
    private sealed class Finders(IEnumerable<AddedToken> tokens, Normalizer? normalizer)
    {
        private readonly List<(string Content, AddedToken Token)> normalized = tokens.Where(token => token.InText && token.Normalized)
            .Select(token => (normalizer?.Apply(AlignedText.Original(token.Content)).Text ?? token.Content, token)).ToList();

        public AddedTokenFinder Raw { get; } = new(tokens.Where(token => token.InText && !token.Normalized).Select(token => (token.Content, token)));

        public AddedTokenFinder Normalized => field ??= new(normalized);

        /// <summary>Tokens that the normalizer spells otherwise: they decode to that spelling, and by it are not known as special (as in tokenizers).</summary>
        public IEnumerable<(string Content, AddedToken Token)> Renamed => normalized.Where(entry => entry.Content != entry.Token.Content);
    }
}

/// <summary>The parts of a tokenizer, ready to run. The vocabulary has the added tokens too.</summary>
internal sealed record TokenizerDefinition(
    Vocabulary Vocabulary,
    IReadOnlyList<AddedToken> AddedTokens,
    Normalizer? Normalizer,
    PreTokenizer? PreTokenizer,
    TokenModel Model,
    PostProcessor PostProcessor,
    TokenDecoder Decoder);
