using System.Text;

namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>Up to a number of times, a character taken from the beginning and from the end of each string.</summary>
internal sealed class StripDecoder(string character, int start, int stop) : TokenDecoder
{
    private readonly Rune content = character.EnumerateRunes().First();

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
            tokens[i] = Strip(tokens[i]);
        return tokens;
    }

    private string Strip(string token)
    {
        Rune[] runes = token.EnumerateRunes().ToArray();
        int first = 0, end = runes.Length;
        while (first < Math.Min(start, runes.Length) && runes[first] == content)
            first++;
        while (runes.Length - end < stop && end > first && runes[end - 1] == content)
            end--;
        return string.Concat(runes[first..end]);
    }
}
