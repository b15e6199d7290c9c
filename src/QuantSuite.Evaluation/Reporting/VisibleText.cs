using System.Text;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// Makes text from outside safe to look at: prompts and generated texts may hold control characters, lone surrogates, and the
/// bidirectional overrides with which a line can be made to read as another. All of these are shown instead of obeyed. (That nothing
/// is taken for markup is the encoders' part, not this one's.)
/// </summary>
internal static class VisibleText
{
    /// <summary>The text with line ends and tabs kept, other controls as Unicode's control pictures, overrides as ⟨U+202E⟩.</summary>
    public static string Of(string text)
    {
        if (!text.EnumerateRunes().Any(r => IsHidden(r) || r == Rune.ReplacementChar))
            return text;
        StringBuilder visible = new(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
            Append(visible, rune);
        return visible.ToString();
    }

    /// <summary>The beginning and the end of a long text, with the count of what was left out between them.</summary>
    public static string Shortened(string text, int headLength, int tailLength)
    {
        if (text.Length <= headLength + tailLength + 80)
            return text;
        int head = char.IsHighSurrogate(text[headLength - 1]) ? headLength - 1 : headLength;
        int tail = char.IsLowSurrogate(text[^tailLength]) ? tailLength - 1 : tailLength;
        return $"{text[..head]}\n[… {Figures.Count(text.Length - head - tail)} characters left out …]\n{text[^tail..]}";
    }

    private static void Append(StringBuilder visible, Rune rune)
    {
        if (!IsHidden(rune))
            visible.Append(rune.ToString());
        else if (rune.Value < 0x20)
            visible.Append((char)(0x2400 + rune.Value));
        else if (rune.Value == 0x7F)
            visible.Append('\u2421');
        else
            visible.Append($"⟨U+{rune.Value:X4}⟩");
    }

    private static bool IsHidden(Rune rune) => rune.Value switch
    {
        '\n' or '\t' => false,
        < 0x20 or (>= 0x7F and < 0xA0) => true,
        0x061C or 0x200B or 0x200E or 0x200F or 0x2028 or 0x2029 or 0xFEFF => true,
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => true,
        _ => false,
    };
}
