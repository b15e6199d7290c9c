using System.Text.Json;
using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization;

/// <summary>Reads a tokenizer.json (Hugging Face tokenizers). A component or setting that is not implemented is refused, not skipped.</summary>
internal static class TokenizerJson
{
    /// <summary>The definition in a file's bytes.</summary>
    /// <exception cref="UnsupportedTokenizerException">It uses a component that is not implemented.</exception>
    /// <exception cref="TokenizerException">It is malformed.</exception>
    public static TokenizerDefinition Read(ReadOnlyMemory<byte> utf8, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            return Read(new TokenizerSpec(document.RootElement, source));
        }
        catch (JsonException malformed)
        {
            throw new TokenizerException($"{source} is not valid JSON: {malformed.Message} Is the download complete?", malformed);
        }
        catch (TokenizerException refused) when (!refused.Message.StartsWith(source, StringComparison.Ordinal))
        {
            string message = $"{source}: {refused.Message}";
            throw refused is UnsupportedTokenizerException ? new UnsupportedTokenizerException(message) : new TokenizerException(message, refused);
        }
    }

    private static TokenizerDefinition Read(TokenizerSpec root)
    {
        TokenizerSpec model = root.Object("model");
        string type = ModelType(model);
        // Unsupported components are named before the (large) vocabulary is read.
        Normalizer? normalizer = root.OptionalObject("normalizer") is { } normalizerSpec ? Normalizer.Read(normalizerSpec) : null;
        PreTokenizer? preTokenizer = root.OptionalObject("pre_tokenizer") is { } preTokenizerSpec ? PreTokenizer.Read(preTokenizerSpec) : null;
        PostProcessor postProcessor = root.OptionalObject("post_processor") is { } postSpec ? PostProcessor.Read(postSpec) : PostProcessor.None;
        TokenDecoder decoder = root.OptionalObject("decoder") is { } decoderSpec ? TokenDecoder.Read(decoderSpec) : new SpacingDecoder();
        Vocabulary own = type == "Unigram" ? ReadPieces(model) : ReadVocabulary(model);
        List<AddedToken> added = ReadAddedTokens(root);
        Vocabulary vocabulary = own.With(added.Select(token => (token.Content, token.Id)));
        return new TokenizerDefinition(vocabulary, added, normalizer, preTokenizer, ReadModel(model, type, own), postProcessor, decoder);
    }

    // Files of before 2020 have no type; what else they have tells them apart.
    private static string ModelType(TokenizerSpec model)
    {
        string type = model.Has("type") ? model.Type
            : model.Has("merges") ? "BPE"
            : model.Has("continuing_subword_prefix") ? "WordPiece"
            : model.Has("unk_id") ? "Unigram" : "WordLevel";
        if (type is not ("BPE" or "WordPiece" or "Unigram" or "WordLevel"))
            throw model.Unsupported("model", "BPE, WordPiece, Unigram, WordLevel");
        if (model.Has("dropout") && model.Number("dropout") != 0)
            throw model.UnsupportedSetting("dropout", "null (ids that depend on chance have no place in a test)");
        return type;
    }

    private static TokenModel ReadModel(TokenizerSpec model, string type, Vocabulary vocabulary) => type switch
    {
        "BPE" => new BytePairModel(vocabulary, ReadMerges(model), ReadOptions(model)),
        "WordPiece" => new WordPieceModel(vocabulary, model.String("unk_token"), model.String("continuing_subword_prefix"),
            model.Integer("max_input_chars_per_word", 0, int.MaxValue, 100)),
        "Unigram" => ReadUnigram(model, vocabulary),
        _ => new WordLevelModel(vocabulary, model.String("unk_token")),
    };

    private static BytePairOptions ReadOptions(TokenizerSpec model) => new(
        model.OptionalString("unk_token"), model.Bool("fuse_unk", false), model.Bool("byte_fallback", false), model.Bool("ignore_merges", false),
        model.OptionalString("continuing_subword_prefix") ?? "", model.OptionalString("end_of_word_suffix") ?? "");

    private static UnigramModel ReadUnigram(TokenizerSpec model, Vocabulary vocabulary)
    {
        double[] scores = model.Elements("vocab").Select((piece, id) => TokenizerSpec.Number(piece[1], $"{model.Place}.vocab[{id}][1]")).ToArray();
        int? unknownId = model.Has("unk_id") ? model.Integer("unk_id", 0, scores.Length - 1) : null;
        return new UnigramModel(vocabulary, scores, scores.DefaultIfEmpty().Min(), new UnigramOptions(unknownId, model.Bool("byte_fallback", false)));
    }

    private static Vocabulary ReadVocabulary(TokenizerSpec model)
    {
        var vocabulary = new Vocabulary();
        foreach (JsonProperty entry in model.Object("vocab").Members)
            vocabulary.Add(Name(entry, model), TokenizerSpec.Id(entry.Value, $"{model.Place}.vocab['{Name(entry, model)}']"));
        return vocabulary;
    }

    // A list of [piece, score]; the place is the id.
    private static Vocabulary ReadPieces(TokenizerSpec model)
    {
        var vocabulary = new Vocabulary();
        foreach (JsonElement piece in model.Elements("vocab"))
        {
            string place = $"{model.Place}.vocab[{vocabulary.Size}]";
            if (piece.ValueKind != JsonValueKind.Array || piece.GetArrayLength() != 2 || vocabulary.Size > Vocabulary.MaxId)
                throw new TokenizerException($"{place} is not [piece, score], or one of more than {Vocabulary.MaxId}.");
            vocabulary.Set(TokenizerSpec.Text(piece[0], place), vocabulary.Size);
        }
        return vocabulary;
    }

    private static string Name(JsonProperty entry, TokenizerSpec model)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException broken)
        {
            throw new TokenizerException($"{model.Place}.vocab has a token that is not well-formed Unicode (a lone surrogate?).", broken);
        }
    }

    // Either "left right" or, since tokens may hold spaces, ["left", "right"].
    private static List<(string Left, string Right)> ReadMerges(TokenizerSpec model)
    {
        var merges = new List<(string, string)>();
        foreach (JsonElement merge in model.Elements("merges"))
        {
            string place = $"{model.Place}.merges[{merges.Count}]";
            string[] pair = merge.ValueKind == JsonValueKind.Array
                ? merge.EnumerateArray().Select(part => TokenizerSpec.Text(part, place)).ToArray()
                : TokenizerSpec.Text(merge, place).Split(' ');
            merges.Add(pair is [var left, var right] ? (left, right) : throw new TokenizerException($"{place} has {pair.Length} parts, expected two tokens."));
        }
        return merges;
    }

    private static List<AddedToken> ReadAddedTokens(TokenizerSpec root)
    {
        var added = new List<AddedToken>();
        foreach (TokenizerSpec spec in root.Has("added_tokens") ? root.Array("added_tokens") : [])
        {
            bool special = spec.Bool("special", false);
            var token = new AddedToken(spec.String("content"), spec.Id("id"), special, spec.Bool("single_word", false),
                spec.Bool("lstrip", false), spec.Bool("rstrip", false), spec.Bool("normalized", !special));
            added.Add(token);
        }
        return added;
    }
}
