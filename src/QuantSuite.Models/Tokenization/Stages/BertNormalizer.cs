using System.Globalization;
using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// BERT's BasicTokenizer before its cuts: controls removed and white space made spaces, spaces around ideographs, accents stripped, lower case; each
/// where its setting says so, accents by default together with lower case.
/// </summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool stripAccents, bool lowercase) : Normalizer
{
    private static readonly LowercaseNormalizer Lowercase = new();

    /// <summary>Reads a <c>BertNormalizer</c>.</summary>
    public static new BertNormalizer Read(TokenizerSpec spec)
    {
        bool lowercase = spec.Bool("lowercase");
        return new BertNormalizer(spec.Bool("clean_text"), spec.Bool("handle_chinese_chars"), spec.Bool("strip_accents", lowercase), lowercase);
    }

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        if (cleanText)
            text = Clean(text);
        if (handleChineseChars)
            text = SpaceIdeographs(text);
        if (stripAccents)
            text = UnicodeNormalizer.Nfd.Apply(text).Filter(point => point < 0x300 || CharUnicodeInfo.GetUnicodeCategory(point) != UnicodeCategory.NonSpacingMark);
        return lowercase ? Lowercase.Apply(text) : text;
    }

    private static AlignedText Clean(AlignedText text)
    {
        AlignedText kept = text.Filter(point => point is not (0 or 0xFFFD) && !IsControl(point));
        var spaced = new AlignedText.Builder(kept, kept.Text.Length);
        for (int i = 0; i < kept.Text.Length; i++)
            spaced.Append(char.IsWhiteSpace(kept.Text[i]) ? ' ' : kept.Text[i], i, i + 1);
        return spaced.Build();
    }

    private static bool IsControl(int point) => point is not ('\t' or '\n' or '\r' or (>= ' ' and < 0x7F))
        && CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    private static AlignedText SpaceIdeographs(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyInRange('\u3400', '\uFAFF') < 0)
            return text;
        var changes = new List<TextChange>(text.Text.Length);
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            if (IsIdeograph(rune.Value))
                changes.AddRange([new TextChange(' ', 0), new TextChange(rune.Value, 1), new TextChange(' ', 1)]);
            else
                changes.Add(new TextChange(rune.Value, 0));
        }
        return text.Transform(changes);
    }

    // The blocks of CJK ideographs, with the reference's 2B920 where 2B820 would be right.
    private static bool IsIdeograph(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
