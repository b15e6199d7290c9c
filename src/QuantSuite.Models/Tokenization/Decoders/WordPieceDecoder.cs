namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>
/// A space before every token but the first and those with the prefix, which is dropped; <c>cleanup</c> takes spaces from before punctuation and English endings.
/// </summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : TokenDecoder
{
    private static readonly (string From, string To)[] Untidy =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
                tokens[i] = tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            if (cleanup)
                tokens[i] = CleanUp(tokens[i]);
        }
        return tokens;
    }

    /// <summary>The text without the spaces that tokenization put in.</summary>
    public static string CleanUp(string text) =>
        Untidy.Aggregate(text, (current, rule) => current.Replace(rule.From, rule.To, StringComparison.Ordinal));
}
