using System.Text;
using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>Every match of a pattern in each string replaced by a text.</summary>
internal sealed class ReplaceDecoder(UnicodePattern pattern, string content) : TokenDecoder
{
    /// <summary>Reads a <c>Replace</c>.</summary>
    public static new ReplaceDecoder Read(TokenizerSpec spec) => new(UnicodePattern.Read(spec), spec.String("content"));

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        var matches = new List<Piece>();
        for (int i = 0; i < tokens.Count; i++)
        {
            matches.Clear();
            pattern.FindAll(tokens[i], matches);
            if (matches.Count > 0)
                tokens[i] = Replace(tokens[i], matches);
        }
        return tokens;
    }

    private string Replace(string token, List<Piece> matches)
    {
        var output = new StringBuilder();
        int done = 0;
        foreach (Piece match in matches)
        {
            output.Append(token, done, match.Start - done).Append(content);
            done = match.End;
        }
        return output.Append(token, done, token.Length - done).ToString();
    }
}
