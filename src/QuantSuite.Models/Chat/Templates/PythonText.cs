using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's <c>str</c> and <c>repr</c>, and its view of a text as code points.</summary>
internal static class PythonText
{
    /// <summary>A value as it prints.</summary>
    public static string Str(object? value) => value switch
    {
        string text => text,
        TemplateUndefined => "",
        _ => Repr(value),
    };

    /// <summary>A value as it prints within others: texts in quotes.</summary>
    public static string Repr(object? value)
    {
        RequireStack();
        return value switch
        {
            null => "None",
            bool flag => flag ? "True" : "False",
            BigInteger whole => whole.ToString(CultureInfo.InvariantCulture),
            double number => PythonNumber.Format(number),
            string text => Quote(text),
            TemplateTuple tuple => $"({Items(tuple)}{(tuple.Count == 1 ? "," : "")})",
            TemplateRange range => range.Text,
            TemplateView view => $"{view.Kind}([{Items(view)}])",
            TemplateList list => $"[{Items(list)}]",
            TemplateDict dict => $"{{{string.Join(", ", dict.Select(entry => $"{Repr(entry.Key)}: {Repr(entry.Value)}"))}}}",
            TemplateNamespace space => $"<Namespace {{{string.Join(", ", space.Attributes.Select(entry => $"{Quote(entry.Key)}: {Repr(entry.Value)}"))}}}>",
            TemplateUndefined => "Undefined",
            _ => throw new TemplateFault($"a {TypeNames.Of(value)} does not print the same way twice; make a list of it"),
        };
    }

    /// <summary>The code points of a text, each as a text.</summary>
    public static List<object?> Characters(string text)
    {
        var characters = new List<object?>(text.Length);
        for (int i = 0; i < text.Length; i += UnitsAt(text, i))
            characters.Add(text.Substring(i, UnitsAt(text, i)));
        return characters;
    }

    /// <summary>Number of code points.</summary>
    public static int Length(string text)
    {
        int count = 0;
        for (int i = 0; i < text.Length; i += UnitsAt(text, i))
            count++;
        return count;
    }

    /// <summary>Ends a recursion that goes too deep for the machine's stack.</summary>
    public static void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFault("maximum recursion depth exceeded");
    }

    private static int UnitsAt(string text, int index) => index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;

    private static string Items(IEnumerable<object?> items) => string.Join(", ", items.Select(Repr));

    private static string Quote(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var output = new StringBuilder(text.Length + 2).Append(quote);
        for (int i = 0; i < text.Length;)
        {
            int units = UnitsAt(text, i);
            int point = units == 2 ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
            if (point == quote || point == '\\')
                output.Append('\\').Append((char)point);
            else if ("\n\r\t".Contains((char)point) && point < 0x20)
                output.Append(point == '\n' ? "\\n" : point == '\r' ? "\\r" : "\\t");
            else if (IsPrintable(point))
                output.Append(text, i, units);
            else
                output.Append(point < 0x100 ? $"\\x{point:x2}" : point < 0x10000 ? $"\\u{point:x4}" : $"\\U{point:x8}");
            i += units;
        }
        return output.Append(quote).ToString();
    }

    private static bool IsPrintable(int point) => point == ' ' || CharUnicodeInfo.GetUnicodeCategory(point) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
