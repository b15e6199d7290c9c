using System.Text.Json;
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
        RequireBytePair(model);
        // Unsupported components are named before the (large) vocabulary is read.
        Normalizer? normalizer = root.OptionalObject("normalizer") is { } normalizerSpec ? Normalizer.Read(normalizerSpec) : null;
        PreTokenizer? preTokenizer = root.OptionalObject("pre_tokenizer") is { } preTokenizerSpec ? PreTokenizer.Read(preTokenizerSpec) : null;
        PostProcessor postProcessor = root.OptionalObject("post_processor") is { } postSpec ? PostProcessor.Read(postSpec) : PostProcessor.None;
        RequireByteLevelDecoder(root);
        Vocabulary vocabulary = ReadVocabulary(model);
        var bytePairs = new BytePairModel(vocabulary, ReadMerges(model), ReadOptions(model));
        return new TokenizerDefinition(vocabulary, ReadAddedTokens(root, vocabulary), normalizer, preTokenizer, bytePairs, postProcessor);
    }

    // Files of before 2020 have no type: theirs is the one model with merges.
    private static void RequireBytePair(TokenizerSpec model)
    {
        if (model.Has("type") ? model.Type != "BPE" : !model.Has("merges"))
            throw model.Unsupported("model", "BPE");
        if (model.Has("dropout"))
            throw model.UnsupportedSetting("dropout", "null (ids that depend on chance have no place in a test)");
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (model.OptionalString(affix) is { Length: > 0 })
                throw model.UnsupportedSetting(affix, "none");
    }

    private static BytePairOptions ReadOptions(TokenizerSpec model) =>
        new(model.OptionalString("unk_token"), model.Bool("fuse_unk", false), model.Bool("byte_fallback", false), model.Bool("ignore_merges", false));

    private static void RequireByteLevelDecoder(TokenizerSpec root)
    {
        if (root.OptionalObject("decoder") is not { } decoder)
            throw new UnsupportedTokenizerException($"{root.Place}.decoder is null; only ByteLevel is supported yet.");
        if (decoder.Type != "ByteLevel")
            throw decoder.Unsupported("decoder", "ByteLevel");
    }

    private static Vocabulary ReadVocabulary(TokenizerSpec model)
    {
        var vocabulary = new Vocabulary();
        foreach (JsonProperty entry in model.Object("vocab").Members)
            vocabulary.Add(Name(entry, model), TokenizerSpec.Id(entry.Value, $"{model.Place}.vocab['{Name(entry, model)}']"));
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

    private static List<AddedToken> ReadAddedTokens(TokenizerSpec root, Vocabulary vocabulary)
    {
        var added = new List<AddedToken>();
        foreach (TokenizerSpec spec in root.Has("added_tokens") ? root.Array("added_tokens") : [])
        {
            bool special = spec.Bool("special", false);
            var token = new AddedToken(spec.String("content"), spec.Id("id"), special, spec.Bool("single_word", false),
                spec.Bool("lstrip", false), spec.Bool("rstrip", false), spec.Bool("normalized", !special));
            vocabulary.Add(token.Content, token.Id);
            added.Add(token);
        }
        return added;
    }
}
