using System.Globalization;
using System.Text;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>Python's <c>str.isupper</c> and <c>str.islower</c>: at least one letter that has a case, and none of the other.</summary>
internal static class LetterCase
{
    public static bool IsUpper(string text) => Is(text, UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter);

    public static bool IsLower(string text) => Is(text, UnicodeCategory.LowercaseLetter, UnicodeCategory.UppercaseLetter);

    private static bool Is(string text, UnicodeCategory wanted, UnicodeCategory other)
    {
        bool any = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category == other || category == UnicodeCategory.TitlecaseLetter)
                return false;
            any |= category == wanted;
        }
        return any;
    }
}
