namespace QuantSuite.Evaluation.Tasks;

/// <summary>
/// Python's idea of white space, which reference prompts and metrics rest on: .NET's, and U+001C to U+001F besides
/// (<c>str.strip</c>, <c>str.split()</c> and <c>\s</c> in <c>re</c> agree on it).
/// </summary>
public static class PythonText
{
    /// <summary>A regular expression's <c>\s</c>, to be put between brackets.</summary>
    public const string SpaceClass = @"\s\x1c-\x1f";

    /// <summary><c>str.isspace</c> of one character.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary><c>str.strip()</c>.</summary>
    public static string Strip(string text) => StripEnd(text.AsSpan(CountStart(text)).ToString());

    /// <summary><c>str.rstrip()</c>.</summary>
    public static string StripEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    /// <summary><c>str.lower()</c> without its rule for a final sigma: unlike .NET's, İ becomes i and a combining dot.</summary>
    public static string Lower(string text) => text.ToLowerInvariant().Replace("İ", "i\u0307", StringComparison.Ordinal);

    /// <summary><c>str.split()</c>: maximal runs of other characters; none for blank text.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var words = new List<string>();
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !IsSpace(text[end]))
                end++;
            if (end > start)
                words.Add(text[start..end]);
            start = end + 1;
        }
        return words;
    }

    /// <summary><c>len(re.split(r"\s+", text))</c>: runs of white space plus one, so blank ends count as words.</summary>
    public static int WordCount(string text)
    {
        int count = 1;
        for (int i = 0; i < text.Length; i++)
            if (IsSpace(text[i]) && (i == 0 || !IsSpace(text[i - 1])))
                count++;
        return count;
    }

    /// <summary><c>text[start:end]</c>, which counts code points, with 0 ≤ start ≤ end; null where it reaches beyond the text.</summary>
    public static string? Slice(string text, int start, int end)
    {
        if (start < 0 || end < start)
            return null;
        int from = Position(text, 0, start), to = from < 0 ? -1 : Position(text, from, end - start);
        return to < 0 ? null : text[from..to];
    }

    // Where so many code points from a position on end; −1 beyond the text.
    private static int Position(string text, int position, int count)
    {
        for (; count > 0 && position < text.Length; count--)
            position += char.IsSurrogatePair(text, position) ? 2 : 1;
        return count == 0 ? position : -1;
    }

    private static int CountStart(string text)
    {
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
            start++;
        return start;
    }
}
