using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>▁ (or another character) becomes a space; those of the first token go, where the pre-tokenizer may have put one there.</summary>
internal sealed class MetaspaceDecoder(char replacement, PrependScheme scheme) : TokenDecoder
{
    /// <summary>Reads a <c>Metaspace</c>.</summary>
    public static new MetaspaceDecoder Read(TokenizerSpec spec)
    {
        (char replacement, PrependScheme scheme) = MetaspacePreTokenizer.ReadScheme(spec);
        return new MetaspaceDecoder(replacement, scheme);
    }

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
            tokens[i] = i == 0 && scheme != PrependScheme.Never
                ? tokens[i].Replace(replacement.ToString(), "", StringComparison.Ordinal)
                : tokens[i].Replace(replacement, ' ');
        return tokens;
    }
}
