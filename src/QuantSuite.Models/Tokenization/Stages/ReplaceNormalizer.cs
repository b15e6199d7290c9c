using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Every match of a pattern replaced by a text, which takes the range of the match's last character.</summary>
internal sealed class ReplaceNormalizer(UnicodePattern pattern, string content) : Normalizer
{
    /// <summary>Reads a <c>Replace</c>.</summary>
    public static new ReplaceNormalizer Read(TokenizerSpec spec) => new(UnicodePattern.Read(spec), spec.String("content"));

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        var matches = new List<Piece>();
        pattern.FindAll(text.Text, matches);
        if (matches.Count == 0 || text.Text.Length == 0)
            return text;
        var output = new AlignedText.Builder(text, text.Text.Length + matches.Count * content.Length);
        int done = 0;
        foreach (Piece match in matches)
        {
            output.Copy(done, match.Start);
            int last = Math.Max(match.End - 1, 0);
            output.Append(content, last, last + 1);
            done = match.End;
        }
        output.Copy(done, text.Text.Length);
        return output.Build();
    }
}
