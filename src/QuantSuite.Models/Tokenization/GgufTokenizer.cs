using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Gguf;
using QuantSuite.Models.Tokenization.SentencePiece;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization;

/// <summary>
/// The tokenizer that a GGUF file carries in its metadata (<c>tokenizer.ggml.*</c>), as llama.cpp reads it: byte-level BPE (model <c>gpt2</c>), whose
/// pre-tokenizer the file only names (<see cref="GgufPreTokenizers"/>), SentencePiece's BPE (<c>llama</c>) and unigram (<c>t5</c>).
/// </summary>
public static class GgufTokenizer
{
    // Where a file does not say, llama.cpp takes these of Llama's and T5's vocabularies.
    private const int LlamaBos = 1, LlamaEos = 2, T5Eos = 1;

    /// <summary>The values of <c>tokenizer.ggml.pre</c> that are known.</summary>
    public static IEnumerable<string> PreTokenizers => GgufPreTokenizers.Names;

    /// <summary>The tokenizer in the metadata of a GGUF file; arrays may come as any enumerable of strings or numbers.</summary>
    /// <exception cref="UnsupportedTokenizerException">Another tokenizer model, or a pre-tokenizer that is not known.</exception>
    /// <exception cref="TokenizerException">The metadata contradicts itself.</exception>
    public static PipelineTokenizer Read(IReadOnlyDictionary<string, object> metadata, string source)
    {
        var file = new GgufVocabulary(metadata, source);
        return file.Text("model") switch
        {
            "gpt2" => ReadBytePairs(file),
            "llama" => ReadSentencePiece(file, isBytePair: true, LlamaBos, LlamaEos),
            "t5" => ReadSentencePiece(file, isBytePair: false, null, T5Eos),
            null => throw new TokenizerException(
                $"{source} has no {GgufVocabulary.Prefix}model: it carries no tokenizer. Put a tokenizer.json beside it, or use a file with one."),
            string other => throw new UnsupportedTokenizerException(
                $"{source}: {GgufVocabulary.Prefix}model '{other}' is not supported yet (gpt2, llama and t5 are: byte-level BPE and SentencePiece)."),
        };
    }

    private static PipelineTokenizer ReadBytePairs(GgufVocabulary file)
    {
        GgufPreTokenizer rule = FindRule(file);
        string[] tokens = file.Tokens();
        int[] types = file.Numbers("token_type", tokens.Length, (int)PieceType.Normal);
        var vocabulary = new Vocabulary();
        for (int id = 0; id < tokens.Length; id++)
            vocabulary.Add(tokens[id], id);
        var model = new BytePairModel(vocabulary, ReadMerges(file), new BytePairOptions(IgnoreMerges: rule.IgnoreMerges));
        int? bosId = file.Id("bos_token_id"), eosId = file.Id("eos_token_id");
        List<AddedToken> added = ReadAddedTokens(tokens, types, PieceType.Unknown, PieceType.Control, PieceType.UserDefined);
        PostProcessor ends = ReadEnds(file, bosId, rule.AddBos, eosId, false);
        var definition = new TokenizerDefinition(vocabulary, added, null, rule.Build(), model, ends, new ByteLevelDecoder());
        return new PipelineTokenizer(definition, bosId, eosId, file.Hash());
    }

    private static GgufPreTokenizer FindRule(GgufVocabulary file)
    {
        string name = file.Text("pre") is { Length: > 0 } given ? given : "default";
        return GgufPreTokenizers.Find(name) ?? throw new UnsupportedTokenizerException(
            $"{file.Source}: {GgufVocabulary.Prefix}pre '{name}' is not known yet (known: {string.Join(", ", PreTokenizers.Order(StringComparer.Ordinal))}).");
    }

    private static List<(string Left, string Right)> ReadMerges(GgufVocabulary file) =>
        file.Texts("merges").Select((merge, rank) => merge.IndexOf(' ', Math.Min(1, merge.Length)) is > 0 and int space
            ? (merge[..space], merge[(space + 1)..])
            : throw new TokenizerException($"{file.Source}: {GgufVocabulary.Prefix}merges[{rank}] is '{merge}', expected two tokens with a space between.")).ToList();

    private static List<AddedToken> ReadAddedTokens(string[] tokens, int[] types, params PieceType[] recognized) =>
        Enumerable.Range(0, tokens.Length).Where(id => recognized.Contains((PieceType)types[id]))
            .Select(id => new AddedToken(tokens[id], id, Special: types[id] != (int)PieceType.UserDefined)).ToList();

    // User-defined pieces are the model's own matter.
    private static PipelineTokenizer ReadSentencePiece(GgufVocabulary file, bool isBytePair, int? defaultBos, int defaultEos)
    {
        string[] tokens = file.Tokens();
        int[] types = file.Numbers("token_type", tokens.Length, (int)PieceType.Normal);
        float[] scores = file.Scores(tokens.Length);
        // llama.cpp treats an undefined type as a normal one that is left out of everything.
        var pieces = tokens.Select((token, id) => new ScoredPiece(token, scores[id],
            Enum.IsDefined((PieceType)types[id]) ? (PieceType)types[id] : PieceType.Control)).ToList();
        var data = new SentencePieceData(pieces)
        {
            IsBytePair = isBytePair,
            ByteFallback = pieces.Any(piece => piece.Type == PieceType.Byte),
            Map = file.Bytes("precompiled_charsmap") is { } map ? CharacterMap.Parse(map, $"{file.Source}: {GgufVocabulary.Prefix}precompiled_charsmap") : null,
            AddDummyPrefix = file.Flag("add_space_prefix", isBytePair),
            RemoveExtraSpaces = file.Flag("remove_extra_whitespaces", false),
            Single = isBytePair,
        };
        int? bosId = file.Id("bos_token_id") ?? defaultBos, eosId = file.Id("eos_token_id") ?? defaultEos;
        List<AddedToken> added = ReadAddedTokens(tokens, types, PieceType.Unknown, PieceType.Control);
        PostProcessor ends = ReadEnds(file, bosId, isBytePair, eosId, !isBytePair);
        return new PipelineTokenizer(SentencePieceTokenizer.Define(data, added, ends), bosId, eosId, file.Hash());
    }

    private static PostProcessor ReadEnds(GgufVocabulary file, int? bosId, bool addBos, int? eosId, bool addEos) => PostProcessor.Around(
        bosId is int bos && file.Flag("add_bos_token", addBos) ? [bos] : [],
        eosId is int eos && file.Flag("add_eos_token", addEos) ? [eos] : []);
}
