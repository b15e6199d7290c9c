using System.Globalization;

namespace QuantSuite.Quantization.Methods;

/// <summary>Options of methods that carry a number: a word and a decimal, as in <c>alpha0.75</c>.</summary>
internal static class MethodOption
{
    /// <summary>The number of an option that begins with a word, or null.</summary>
    public static double? Number(string option, string word) =>
        option.StartsWith(word, StringComparison.Ordinal)
        && double.TryParse(option.AsSpan(word.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : null;

    /// <summary>The option's text.</summary>
    public static string Text(string word, double number) => word + number.ToString(CultureInfo.InvariantCulture);
}
