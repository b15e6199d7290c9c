using System.Buffers;
using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>A token that is cut out of the text before anything else sees it.</summary>
/// <param name="SingleWord">Only where no word character stands beside it.</param>
/// <param name="LeftStrip">White space before it belongs to it.</param>
/// <param name="RightStrip">White space after it belongs to it.</param>
/// <param name="Normalized">Searched in the normalized text (itself normalized), after the others were cut out.</param>
/// <param name="Special">A control token: left out when decoding for readers.</param>
/// <param name="InText">False for a control token that no text can spell: only ids give it.</param>
internal sealed record AddedToken(string Content, int Id, bool Special, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false,
    bool Normalized = false, bool InText = true);

/// <summary>Finds added tokens in a text: the leftmost, and of those that begin there the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly List<AddedToken> found = [];
    private readonly TokenTrie contents = new();
    private readonly SearchValues<char> firsts;

    /// <summary>A finder of tokens by the text that each has at this stage.</summary>
    public AddedTokenFinder(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        var initials = new HashSet<char>();
        foreach ((string content, AddedToken token) in tokens.Where(token => token.Content.Length > 0))
        {
            contents.Add(content, found.Count);
            found.Add(token);
            initials.Add(content[0]);
        }
        firsts = SearchValues.Create(initials.ToArray());
    }

    /// <summary>The text cut into added tokens and what lies between. Nothing is left out; white space that a token takes may overlap the next token.</summary>
    public List<Part> Split(string text)
    {
        var parts = new List<Part>();
        int done = 0;
        for (int at = 0; FindNext(text, at) is (int start, int end, AddedToken token);)
        {
            at = end;
            if (token.SingleWord && (WordBefore(text, start) || WordAt(text, end)))
                continue;
            while (token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            if (start > done)
                parts.Add(new Part(null, done, start));
            parts.Add(new Part(token, start, end));
            done = end;
        }
        if (done < text.Length)
            parts.Add(new Part(null, done, text.Length));
        return parts;
    }

    /// <summary>An added token, or (null) text, at units [<paramref name="Start"/>, <paramref name="End"/>).</summary>
    public readonly record struct Part(AddedToken? Token, int Start, int End);

    private (int Start, int End, AddedToken Token)? FindNext(string text, int at)
    {
        while (at < text.Length && text.AsSpan(at).IndexOfAny(firsts) is >= 0 and int skip)
        {
            at += skip;
            (int length, int index) = contents.Longest(text.AsSpan(at));
            if (length > 0)
                return (at, at + length, found[index]);
            at++;
        }
        return null;
    }

    private static bool WordBefore(string text, int index) =>
        index > 0 && CodePointSet.Word.Contains(char.IsLowSurrogate(text[index - 1]) && index > 1 && char.IsHighSurrogate(text[index - 2])
            ? char.ConvertToUtf32(text[index - 2], text[index - 1]) : text[index - 1]);

    private static bool WordAt(string text, int index) =>
        index < text.Length && CodePointSet.Word.Contains(index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1])
            ? char.ConvertToUtf32(text[index], text[index + 1]) : text[index]);
}
