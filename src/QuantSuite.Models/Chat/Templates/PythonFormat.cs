using System.Globalization;
using System.Numerics;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's two ways to format: <c>'%s' % value</c> and <c>'{}'.format(value)</c>. Widths and precisions are limited.</summary>
internal static class PythonFormat
{
    private const int MostWidth = 10_000;

    /// <summary>The text of <c>format % value</c>.</summary>
    public static string Percent(TemplateRun run, string format, object? value)
    {
        var output = new StringBuilder();
        List<object?> values = value is TemplateTuple tuple ? tuple : [value];
        int used = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                output.Append(format[i]);
                continue;
            }
            object? named = null;
            bool isNamed = i + 1 < format.Length && format[i + 1] == '(';
            if (isNamed)
                (named, i) = Named(format, i + 2, value);
            int end = i + 1;
            while (end < format.Length && "#0- +.123456789".Contains(format[end]))
                end++;
            if (end == format.Length)
                throw new TemplateFault("incomplete format");
            if (format[end] == '%')
                output.Append('%');
            else if (!isNamed && used == values.Count)
                throw new TemplateFault("not enough arguments for format string");
            else
                output.Append(Convert(format[(i + 1)..end], format[end], isNamed ? named : values[used++]));
            i = end;
        }
        if (used < values.Count && (value is TemplateTuple || value is not (TemplateDict or List<object?>)))
            throw new TemplateFault("not all arguments converted during string formatting");
        return run.Made(output.ToString());
    }

    /// <summary>The text of <c>format.format(…)</c>; fields name arguments by place or keyword, with attributes and items of theirs.</summary>
    public static string Braces(TemplateRun run, string format, CallArguments arguments)
    {
        var output = new StringBuilder();
        int automatic = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] is not ('{' or '}') || (i + 1 < format.Length && format[i + 1] == format[i]))
            {
                output.Append(format[i]);
                i += format[i] is '{' or '}' ? 1 : 0;
                continue;
            }
            int end = format[i] == '{' ? format.IndexOf('}', i) : -1;
            if (end < 0)
                throw new TemplateFault(format[i] == '{' ? "expected '}' before end of string" : "Single '}' encountered in format string");
            output.Append(Field(run, format[(i + 1)..end], arguments, ref automatic));
            i = end;
        }
        return run.Made(output.ToString());
    }

    /// <summary>A value by a format specification (<c>&gt;10</c>, <c>.2f</c>, <c>05d</c>, <c>,</c>).</summary>
    public static string Spec(object? value, string spec)
    {
        if (spec.Length == 0)
            return PythonText.Str(value);
        int at = 0;
        char fill = ' ', align = '\0', sign = '-';
        if (spec.Length > 1 && "<>^=".Contains(spec[1]))
            (fill, align, at) = (spec[0], spec[1], 2);
        else if ("<>^=".Contains(spec[0]))
            (align, at) = (spec[0], 1);
        if (at < spec.Length && "+- ".Contains(spec[at]))
            sign = spec[at++];
        if (at < spec.Length && spec[at] == '0')
            (fill, align, at) = (align == '\0' ? '0' : fill, align == '\0' ? '=' : align, at + 1);
        int width = Number(spec, ref at) ?? 0;
        bool grouped = at < spec.Length && spec[at] == ',';
        at += grouped ? 1 : 0;
        int? precision = null;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            precision = Number(spec, ref at) ?? throw new TemplateFault("Format specifier missing precision");
        }
        char kind = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length)
            throw new TemplateFault($"Invalid format specifier '{spec}'");
        bool isNumber = PythonNumber.AsDouble(value) is not null;
        string text = isNumber && kind != 's' ? NumberText(value, kind, precision, grouped, sign) : Cut(PythonText.Str(PythonOperators.Defined(value)), precision, kind);
        return Pad(text, width, fill, align == '\0' ? (isNumber ? '>' : '<') : align);
    }

    private static (object? Value, int End) Named(string format, int start, object? value)
    {
        int end = format.IndexOf(')', start);
        if (end < 0 || value is not TemplateDict dict)
            throw new TemplateFault(end < 0 ? "incomplete format key" : "format requires a mapping");
        return (dict.TryGet(format[start..end], out object? found) ? found : throw new TemplateFault(PythonText.Repr(format[start..end])), end);
    }

    private static string Convert(string flags, char kind, object? value)
    {
        bool left = flags.Contains('-');
        string digits = flags.TrimStart('#', '-', ' ', '+', '0');
        string sign = flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";
        string zero = !left && flags.TrimStart('#', '-', ' ', '+').StartsWith('0') ? "0" : "";
        string spec = $"{(left ? "<" : kind is 's' or 'r' ? ">" : "")}{sign}{zero}{digits}";
        return kind switch
        {
            's' => Spec(PythonText.Str(PythonOperators.Defined(value)), $"{(left ? "<" : ">")}{digits}"),
            'r' or 'a' => Spec(PythonText.Repr(value), $"{(left ? "<" : ">")}{digits}"),
            'd' or 'i' or 'u' => Spec(Whole(value, kind), spec + "d"),
            'x' or 'X' or 'o' => Spec(Whole(value, kind), spec + kind),
            'f' or 'F' or 'e' or 'E' or 'g' or 'G' when PythonNumber.AsDouble(value) is double number => Spec(number, spec + kind),
            'f' or 'F' or 'e' or 'E' or 'g' or 'G' => throw new TemplateFault($"must be real number, not {TypeNames.Of(value)}"),
            _ => throw new TemplateFault($"unsupported format character '{kind}'"),
        };
    }

    private static object Whole(object? value, char kind) => value is double number && double.IsFinite(number) && kind is 'd' or 'i' or 'u'
        ? new BigInteger((double)value!)
        : PythonNumber.AsInteger(value) ?? throw new TemplateFault($"%{kind} format: a real number is required, not {TypeNames.Of(value)}");

    private static string Field(TemplateRun run, string field, CallArguments arguments, ref int automatic)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string spec = colon >= 0 ? field[(colon + 1)..] : "", name = colon >= 0 ? field[..colon] : field;
        int bang = name.IndexOf('!', StringComparison.Ordinal);
        string conversion = bang >= 0 ? name[(bang + 1)..] : "";
        name = bang >= 0 ? name[..bang] : name;
        int end = name.IndexOfAny(['.', '[']);
        string first = end >= 0 ? name[..end] : name;
        object? value = Argument(first.Length == 0 ? automatic++.ToString(CultureInfo.InvariantCulture) : first, arguments);
        for (string path = end >= 0 ? name[end..] : ""; path.Length > 0;)
            value = Member(run, value, ref path);
        return Spec(conversion switch { "r" => PythonText.Repr(value), "s" => PythonText.Str(value), _ => value }, spec);
    }

    private static object? Argument(string name, CallArguments arguments)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int place))
            return place < arguments.Positional.Count ? arguments.Positional[place]
                : throw new TemplateFault($"Replacement index {place} out of range for positional args tuple");
        foreach ((string key, object? value) in arguments.Named)
            if (key == name)
                return value;
        throw new TemplateFault(PythonText.Repr(name));
    }

    private static object? Member(TemplateRun run, object? value, ref string path)
    {
        bool isItem = path[0] == '[';
        int end = isItem ? path.IndexOf(']', StringComparison.Ordinal) : path.IndexOfAny(['.', '['], 1);
        if (isItem && end < 0)
            throw new TemplateFault("expected ']' before end of string");
        string name = end < 0 ? path[1..] : path[1..end];
        path = end < 0 ? "" : path[(isItem ? end + 1 : end)..];
        object? key = isItem && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? new BigInteger(index) : name;
        return PythonOperators.Defined(isItem ? Members.Item(run, value, key) : Members.Attribute(run, value, name));
    }

    private static int? Number(string spec, ref int at)
    {
        int start = at, value = 0;
        while (at < spec.Length && char.IsAsciiDigit(spec[at]))
        {
            value = value * 10 + spec[at++] - '0';
            if (value > MostWidth)
                throw new TemplateFault($"a width or precision of more than {MostWidth} is refused");
        }
        return at > start ? value : null;
    }

    private static string Cut(string text, int? precision, char kind)
    {
        if (kind is not ('\0' or 's'))
            throw new TemplateFault($"Unknown format code '{kind}' for object of type 'str'");
        return precision is int most && PythonText.Length(text) > most ? string.Concat(PythonText.Characters(text).Take(most)) : text;
    }

    private static string NumberText(object? value, char kind, int? precision, bool grouped, char sign)
    {
        string text = kind switch
        {
            '\0' when value is double number && precision is null => PythonNumber.Format(Math.Abs(number)),
            'd' or '\0' when PythonNumber.AsInteger(value) is BigInteger whole => BigInteger.Abs(whole).ToString(CultureInfo.InvariantCulture),
            'x' or 'X' when PythonNumber.AsInteger(value) is BigInteger whole => Hex(BigInteger.Abs(whole), kind),
            'f' or 'F' => PythonNumber.ToFixed(Math.Abs(PythonNumber.AsDouble(value)!.Value), precision ?? 6),
            '%' => PythonNumber.ToFixed(Math.Abs(PythonNumber.AsDouble(value)!.Value) * 100, precision ?? 6) + "%",
            'e' or 'E' => Math.Abs(PythonNumber.AsDouble(value)!.Value).ToString($"{kind}{precision ?? 6}", CultureInfo.InvariantCulture)
                .Replace("e+0", "e+", StringComparison.Ordinal).Replace("e-0", "e-", StringComparison.Ordinal),
            _ => throw new TemplateFault($"format code '{kind}' for object of type '{TypeNames.Of(value)}' is not supported"),
        };
        if (grouped)
            text = Group(text);
        bool negative = PythonNumber.AsDouble(value) is double signed && double.IsNegative(signed);
        return (negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "") + text;
    }

    private static string Hex(BigInteger value, char kind)
    {
        string digits = value.ToString(kind == 'x' ? "x" : "X", CultureInfo.InvariantCulture).TrimStart('0');
        return digits.Length > 0 ? digits : "0";
    }

    private static string Group(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal) is >= 0 and int found ? found : text.Length;
        for (int i = point - 3; i > 0; i -= 3)
            text = text.Insert(i, ",");
        return text;
    }

    private static string Pad(string text, int width, char fill, char align)
    {
        int missing = width - PythonText.Length(text);
        if (missing <= 0)
            return text;
        int signs = align == '=' && text.Length > 0 && "+- ".Contains(text[0]) ? 1 : 0;
        return align switch
        {
            '<' => text + new string(fill, missing),
            '^' => new string(fill, missing / 2) + text + new string(fill, missing - missing / 2),
            '=' => text[..signs] + new string(fill, missing) + text[signs..],
            _ => new string(fill, missing) + text,
        };
    }
}
