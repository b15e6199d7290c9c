using System.Globalization;
using QuantSuite.Evaluation.Tasks;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>MicroWorld's exact match: both sides stripped, the text is the target, or begins with it and goes on with neither a letter nor a digit.</summary>
public static class TargetMatch
{
    /// <summary>Whether a generated text is right.</summary>
    public static bool IsRight(string text, string target)
    {
        string said = PythonText.Strip(text), expected = PythonText.Strip(target);
        return said.StartsWith(expected, StringComparison.Ordinal) && (said.Length == expected.Length || !IsAlphanumeric(said, expected.Length));
    }

    // Python's isalnum: any letter, any kind of number.
    private static bool IsAlphanumeric(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index) is <= UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
