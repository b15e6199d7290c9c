namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>Connectionist temporal classification: a token repeated counts once, padding goes, the delimiter is a space.</summary>
internal sealed class CtcDecoder(string padding, string delimiter, bool cleanup) : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        var output = new List<string>(tokens.Count);
        string? last = null;
        foreach (string token in tokens)
        {
            string text = token == last ? "" : Without(token);
            last = token;
            if (text.Length > 0)
                output.Add(text);
        }
        return output;
    }

    private string Without(string token)
    {
        string text = padding.Length > 0 ? token.Replace(padding, "", StringComparison.Ordinal) : token;
        return cleanup && delimiter.Length > 0 ? WordPieceDecoder.CleanUp(text).Replace(delimiter, " ", StringComparison.Ordinal) : text;
    }
}
