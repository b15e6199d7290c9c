using System.Globalization;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's <c>strftime</c> in the C locale; a dash after the percent sign drops zeros in front, as in glibc.</summary>
internal static class PythonDate
{
    /// <summary>A date and time in a format.</summary>
    public static string Format(DateTime time, string format)
    {
        var output = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                output.Append(format[i]);
                continue;
            }
            bool bare = format[++i] == '-' && i + 1 < format.Length;
            if (bare)
                i++;
            string part = Part(time, format[i]);
            output.Append(bare && part.Length > 1 ? part.TrimStart('0').PadLeft(1, '0') : part);
        }
        return output.ToString();
    }

    private static string Part(DateTime time, char kind) => kind switch
    {
        '%' => "%",
        'n' => "\n",
        't' => "\t",
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'f' => time.ToString("ffffff", CultureInfo.InvariantCulture),
        'z' or 'Z' => "",
        'c' => Format(time, "%a %b %e %H:%M:%S %Y"),
        'x' or 'D' => Format(time, "%m/%d/%y"),
        'X' or 'T' => Format(time, "%H:%M:%S"),
        'R' => Format(time, "%H:%M"),
        'F' => Format(time, "%Y-%m-%d"),
        _ => time.ToString(Pattern(kind), CultureInfo.InvariantCulture),
    };

    private static string Pattern(char kind) => kind switch
    {
        'Y' => "yyyy",
        'y' => "yy",
        'm' => "MM",
        'd' => "dd",
        'B' => "MMMM",
        'b' or 'h' => "MMM",
        'A' => "dddd",
        'a' => "ddd",
        'H' => "HH",
        'I' => "hh",
        'M' => "mm",
        'S' => "ss",
        'p' => "tt",
        _ => throw new TemplateFault($"strftime's %{kind} is not supported"),
    };
}
