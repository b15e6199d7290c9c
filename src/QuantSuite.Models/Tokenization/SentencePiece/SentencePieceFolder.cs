using System.Globalization;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>
/// A SentencePiece model as a model folder's tokenizer_config.json completes it: tokens added to it, and which ends a text gets. Where the file does not say,
/// what the named class of transformers does: Llama's and Gemma's put BOS in front, T5's EOS behind.
/// </summary>
internal static class SentencePieceFolder
{
    /// <summary>The definition; without a configuration no ends are added and no text spells a control token, as in SentencePiece.</summary>
    public static TokenizerDefinition Define(SentencePieceData data, TokenizerSpec? config)
    {
        if (config is null)
            return SentencePieceTokenizer.Define(data, [], PostProcessor.None);
        string name = config.OptionalString("tokenizer_class") ?? "";
        bool addBos = config.Bool("add_bos_token", name.StartsWith("Llama", StringComparison.Ordinal) || name.StartsWith("CodeLlama", StringComparison.Ordinal)
            || name.StartsWith("Gemma", StringComparison.Ordinal));
        bool addEos = config.Bool("add_eos_token", name.StartsWith("T5", StringComparison.Ordinal));
        PostProcessor ends = PostProcessor.Around(addBos && data.BosId is int bos ? [bos] : [], addEos && data.EosId is int eos ? [eos] : []);
        return SentencePieceTokenizer.Define(data, ReadAddedTokens(config), ends);
    }

    private static List<AddedToken> ReadAddedTokens(TokenizerSpec config)
    {
        var added = new List<AddedToken>();
        if (config.OptionalObject("added_tokens_decoder") is not { } list)
            return added;
        foreach (var entry in list.Members)
        {
            var token = new TokenizerSpec(entry.Value, $"{list.Place}['{entry.Name}']");
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id > Vocabulary.MaxId)
                throw new TokenizerException($"{token.Place}: expected a token id from 0 to {Vocabulary.MaxId} as the key.");
            bool special = token.Bool("special", false);
            added.Add(new AddedToken(token.String("content"), id, special, token.Bool("single_word", false), token.Bool("lstrip", false), token.Bool("rstrip", false),
                token.Bool("normalized", !special)));
        }
        return added;
    }
}
