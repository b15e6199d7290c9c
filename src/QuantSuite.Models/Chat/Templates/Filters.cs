using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>
/// Jinja's filters, by name. Left out, since no chat template has use for them: filesizeformat, pprint, random, urlencode, urlize, wordwrap, xmlattr.
/// </summary>
internal static class Filters
{
    private static readonly Dictionary<string, BuiltIn> Known = new BuiltIn[]
    {
        new("abs", "value", (_, a) => PythonOperators.Defined(a[0]) is double number ? Math.Abs(number) : BigInteger.Abs(Whole(a[0]))),
        new("attr", "value, name", (run, a) => a[0] is TemplateDict && Members.Attribute(run, a[0], a.Text(1)) is not TemplateFunction
            ? TemplateUndefined.Member(a[0], a[1]) : Members.Attribute(run, a[0], a.Text(1))),
        new("capitalize", "value", (_, a) => StringMethods.Capitalize(PythonText.Str(a[0]))),
        new("center", "value, width?", (run, a) => Method(run, PythonText.Str(a[0]), "center", a.Has(1) ? a[1] : new BigInteger(80))),
        new("default", "value, default_value?, boolean?", Default),
        new("d", "value, default_value?, boolean?", Default),
        new("escape", "value", (run, a) => run.Made(Escape(PythonText.Str(a[0])))),
        new("e", "value", (run, a) => run.Made(Escape(PythonText.Str(a[0])))),
        new("forceescape", "value", (run, a) => run.Made(Escape(PythonText.Str(a[0])))),
        new("float", "value, default?", (_, a) => ToFloat(PythonOperators.Defined(a[0])) ?? (a.Has(1) ? a[1] : 0.0)),
        new("format", "value, *", Format),
        new("indent", "value, width?, first?, blank?", Indent),
        new("int", "value, default?, base?", (_, a) => ToInteger(PythonOperators.Defined(a[0]), a.Integer(2, 10)) ?? (a.Has(1) ? a[1] : BigInteger.Zero)),
        new("lower", "value", (run, a) => run.Made(PythonText.Str(a[0]).ToLowerInvariant())),
        new("upper", "value", (run, a) => run.Made(StringMethods.Upper(PythonText.Str(a[0])))),
        new("replace", "value, old, new, count?", (run, a) =>
            StringMethods.Replace(run, PythonText.Str(a[0]), PythonText.Str(a[1]), PythonText.Str(a[2]), a.Integer(3, -1))),
        new("round", "value, precision?, method?", Round),
        new("safe", "value", (_, a) => PythonText.Str(a[0])),
        new("string", "value", (run, a) => run.Made(PythonText.Str(a[0]))),
        new("striptags", "value", (run, a) => run.Made(StripTags(PythonText.Str(a[0])))),
        new("title", "value", (run, a) => run.Made(Title(PythonText.Str(a[0])))),
        new("tojson", "value, ensure_ascii?, indent?, separators?, sort_keys?", ToJson),
        new("trim", "value, chars?", (run, a) => StringMethods.Strip(run.Made(PythonText.Str(a[0])), a[1], true, true)),
        new("truncate", "value, length?, killwords?, end?, leeway?", Truncate),
        new("wordcount", "value", (run, a) => new BigInteger(CountWords(run.Made(PythonText.Str(a[0]))))),
    }.Concat(SequenceFilters.All).ToDictionary(filter => filter.Name, StringComparer.Ordinal);

    /// <summary>Whether there is such a filter.</summary>
    public static bool Exists(string name) => Known.ContainsKey(name);

    /// <summary>Applies a filter; the value is the first argument.</summary>
    public static object? Apply(TemplateRun run, string name, CallArguments arguments) => Known.TryGetValue(name, out BuiltIn? filter)
        ? filter.Call(run, arguments)
        : throw new TemplateFault($"No filter named {PythonText.Repr(name)}.");

    private static object? Method(TemplateRun run, string text, string name, params object?[] arguments) =>
        StringMethods.Find(text, name)!.Call(run, CallArguments.Of(arguments));

    private static BigInteger Whole(object? value) => PythonNumber.AsInteger(value)
        ?? throw new TemplateFault($"bad operand type for abs(): {PythonText.Repr(TypeNames.Of(value))}");

    private static object? Default(TemplateRun run, BoundArguments a) =>
        a[0] is TemplateUndefined || (a.Flag(2) && !PythonOperators.IsTrue(a[0])) ? (a.Has(1) ? a[1] : "") : a[0];

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static object? Format(TemplateRun run, BoundArguments a)
    {
        if (a.Rest.Count > 0 && a.Others.Count > 0)
            throw new TemplateFault("can't handle positional and keyword arguments at the same time");
        object? values = a.Others.Count > 0 ? Globals.MakeDict(run, new CallArguments([], a.Others)) : new TemplateTuple(a.Rest);
        return PythonFormat.Percent(run, PythonText.Str(a[0]), values);
    }

    private static double? ToFloat(object? value)
    {
        if (value is not string text)
            return PythonNumber.AsDouble(value);
        string trimmed = StringMethods.Strip(text, null, true, true).Replace("_", "", StringComparison.Ordinal);
        return trimmed.ToLowerInvariant() switch
        {
            "nan" or "+nan" or "-nan" => double.NaN,
            "inf" or "+inf" or "infinity" or "+infinity" => double.PositiveInfinity,
            "-inf" or "-infinity" => double.NegativeInfinity,
            _ => double.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out double number) ? number : null,
        };
    }

    private static object? ToInteger(object? value, int radix)
    {
        if (value is string text && ParseInteger(StringMethods.Strip(text, null, true, true).Replace("_", "", StringComparison.Ordinal), radix) is BigInteger whole)
            return whole;
        if (value is not string && PythonNumber.AsInteger(value) is BigInteger given)
            return given;
        return ToFloat(value) is double number && double.IsFinite(number) ? new BigInteger(Math.Truncate(number)) : null;
    }

    private static BigInteger? ParseInteger(string text, int radix)
    {
        bool negative = text.StartsWith('-');
        string digits = text.TrimStart('+', '-').ToLowerInvariant();
        string prefix = digits.Length > 1 && digits[0] == '0' ? digits[..2] : "";
        int named = prefix switch { "0x" => 16, "0o" => 8, "0b" => 2, _ => 0 };
        if (named != 0 && (radix == named || radix == 0))
            (digits, radix) = (digits[2..], named);
        radix = radix == 0 ? 10 : radix;
        if (digits.Length is 0 or > 4000)
            return null;
        BigInteger value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? c - 'a' + 10 : radix;
            if (digit >= radix)
                return null;
            value = value * radix + digit;
        }
        return negative ? -value : value;
    }

    private static string RequireText(object? value) => PythonOperators.Defined(value) as string
        ?? throw new TemplateFault($"a text is required, not {TypeNames.Of(value)}");

    private static object? Indent(TemplateRun run, BoundArguments a)
    {
        string indention = a[1] as string ?? new string(' ', Math.Clamp(a.Integer(1, 4), 0, 10_000));
        List<string> lines = StringMethods.Lines(RequireText(a[0]) + "\n", keepEnds: false);
        run.Spend((long)lines.Count * indention.Length);
        IEnumerable<string> rest = lines.Skip(1).Select(line => line.Length > 0 || a.Flag(3) ? indention + line : line);
        return run.Made((a.Flag(2) ? indention : "") + string.Join('\n', lines.Take(1).Concat(rest)));
    }

    private static object? Round(TemplateRun run, BoundArguments a)
    {
        int digits = a.Integer(1);
        double value = PythonNumber.AsDouble(PythonOperators.Defined(a[0])) ?? throw new TemplateFault($"type {TypeNames.Of(a[0])} doesn't define __round__ method");
        double scale = Math.Pow(10, digits);
        return (a[2] as string ?? "common") switch
        {
            "common" when PythonNumber.AsInteger(a[0]) is BigInteger whole && digits >= 0 => whole,
            "common" when digits < 0 => Math.Round(value * scale, MidpointRounding.ToEven) / scale,
            "common" => double.IsFinite(value) ? double.Parse(PythonNumber.ToFixed(value, digits), CultureInfo.InvariantCulture) : value,
            "ceil" => Math.Ceiling(value * scale) / scale,
            "floor" => Math.Floor(value * scale) / scale,
            _ => throw new TemplateFault("method must be common, ceil or floor"),
        };
    }

    private static string StripTags(string text)
    {
        var output = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            int end = text[i] != '<' ? -1 : string.CompareOrdinal(text, i, "<!--", 0, 4) == 0
                ? text.IndexOf("-->", i + 4, StringComparison.Ordinal) is >= 0 and int comment ? comment + 2 : -1
                : text.IndexOf('>', i);
            if (end >= 0)
                i = end;
            else
                output.Append(text[i]);
        }
        string[] words = output.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return WebUtility.HtmlDecode(string.Join(' ', words));
    }

    private static string Title(string text)
    {
        var output = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool separates = rune.Value is '-' or '(' or '{' or '[' or '<' || Rune.IsWhiteSpace(rune);
            output.Append(inWord ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
            inWord = !separates;
        }
        return output.ToString();
    }

    private static object? ToJson(TemplateRun run, BoundArguments a)
    {
        string? indent = a[2] switch { null => null, string text => text, _ => new string(' ', Math.Clamp(a.Integer(2), 0, 100)) };
        List<object?>? separators = a[3] is List<object?> { Count: 2 } pair ? pair : null;
        string item = separators?[0] as string ?? (indent is null ? ", " : ","), key = separators?[1] as string ?? ": ";
        return run.Made(new PythonJson(a.Flag(1), indent, item, key, a.Flag(4)).Write(a[0]));
    }

    private static object? Truncate(TemplateRun run, BoundArguments a)
    {
        string end = a.Has(3) ? a.Text(3) : "...";
        int length = a.Integer(1, 255), keep = length - PythonText.Length(end);
        if (keep < 0)
            throw new TemplateFault($"expected length >= {PythonText.Length(end)}, got {length}");
        if (Members.Length(a[0]) <= (long)length + a.Integer(4, 5))
            return a[0];
        List<object?> characters = run.Made(PythonText.Characters(RequireText(a[0])));
        string cut = string.Concat(characters.Take(keep));
        int space = a.Flag(2) ? -1 : cut.LastIndexOf(' ');
        return (space >= 0 ? cut[..space] : cut) + end;
    }

    private static int CountWords(string text)
    {
        int count = 0;
        bool inWord = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isWord = Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune) || rune.Value == '_';
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }
        return count;
    }
}
