namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>The suffix that marks a word's last token becomes a space, at the end of the text nothing. (<c>BPEDecoder</c>)</summary>
internal sealed class WordEndDecoder(string suffix) : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count && suffix.Length > 0; i++)
            tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }
}
