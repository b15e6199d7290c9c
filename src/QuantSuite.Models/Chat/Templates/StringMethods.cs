using System.Numerics;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>The methods of Python's <c>str</c> that templates use.</summary>
internal static class StringMethods
{
    private static readonly Dictionary<string, (string Parameters, Func<TemplateRun, string, BoundArguments, object?> Body)> Methods = new(StringComparer.Ordinal)
    {
        ["strip"] = ("chars?", (_, text, arguments) => Strip(text, arguments[0], true, true)),
        ["lstrip"] = ("chars?", (_, text, arguments) => Strip(text, arguments[0], true, false)),
        ["rstrip"] = ("chars?", (_, text, arguments) => Strip(text, arguments[0], false, true)),
        ["upper"] = ("", (run, text, _) => run.Made(Upper(text))),
        ["lower"] = ("", (run, text, _) => run.Made(text.ToLowerInvariant())),
        ["casefold"] = ("", (run, text, _) => run.Made(text.ToLowerInvariant().Replace("ß", "ss", StringComparison.Ordinal))),
        ["title"] = ("", (run, text, _) => run.Made(Title(text))),
        ["capitalize"] = ("", (run, text, _) => run.Made(Capitalize(text))),
        ["swapcase"] = ("", (run, text, _) => run.Made(string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))))),
        ["replace"] = ("old, new, count?", (run, text, arguments) => Replace(run, text, arguments.Text(0), arguments.Text(1), arguments.Integer(2, -1))),
        ["startswith"] = ("prefix, start?, end?", (run, text, arguments) => Affix(Part(run, text, arguments, 1), arguments[0], isPrefix: true)),
        ["endswith"] = ("suffix, start?, end?", (run, text, arguments) => Affix(Part(run, text, arguments, 1), arguments[0], isPrefix: false)),
        ["find"] = ("sub", (_, text, arguments) => Place(text, text.IndexOf(arguments.Text(0), StringComparison.Ordinal))),
        ["rfind"] = ("sub", (_, text, arguments) => Place(text, LastIndexOf(text, arguments.Text(0)))),
        ["index"] = ("sub", (_, text, arguments) => Found(Place(text, text.IndexOf(arguments.Text(0), StringComparison.Ordinal)))),
        ["rindex"] = ("sub", (_, text, arguments) => Found(Place(text, LastIndexOf(text, arguments.Text(0))))),
        ["count"] = ("sub", (_, text, arguments) => new BigInteger(Count(text, arguments.Text(0)))),
        ["split"] = ("sep?, maxsplit?", (run, text, arguments) => new TemplateList(run.Made(Split(text, arguments[0], arguments.Integer(1, -1))))),
        ["rsplit"] = ("sep?, maxsplit?", (run, text, arguments) => new TemplateList(run.Made(SplitRight(text, arguments[0], arguments.Integer(1, -1))))),
        ["splitlines"] = ("keepends?", (run, text, arguments) => new TemplateList(run.Made(Lines(text, arguments.Flag(0)).Cast<object?>().ToList()))),
        ["partition"] = ("sep", (_, text, arguments) => Partition(text, arguments.Text(0), text.IndexOf(arguments.Text(0), StringComparison.Ordinal), atEnd: false)),
        ["rpartition"] = ("sep", (_, text, arguments) => Partition(text, arguments.Text(0), LastIndexOf(text, arguments.Text(0)), atEnd: true)),
        ["join"] = ("iterable", (run, text, arguments) => Join(run, text, arguments[0])),
        ["removeprefix"] = ("prefix", (_, text, arguments) => Affix(text, arguments.Text(0), isPrefix: true) ? text[arguments.Text(0).Length..] : text),
        ["removesuffix"] = ("suffix", (_, text, arguments) => Affix(text, arguments.Text(0), isPrefix: false) ? text[..^arguments.Text(0).Length] : text),
        ["isalpha"] = ("", (_, text, _) => All(text, Rune.IsLetter)),
        ["isdigit"] = ("", (_, text, _) => All(text, rune => Rune.IsDigit(rune))),
        ["isdecimal"] = ("", (_, text, _) => All(text, rune => Rune.IsDigit(rune))),
        ["isnumeric"] = ("", (_, text, _) => All(text, Rune.IsNumber)),
        ["isalnum"] = ("", (_, text, _) => All(text, Rune.IsLetterOrDigit)),
        ["isspace"] = ("", (_, text, _) => All(text, Rune.IsWhiteSpace)),
        ["isascii"] = ("", (_, text, _) => text.All(char.IsAscii)),
        ["isupper"] = ("", (_, text, _) => IsUpper(text)),
        ["islower"] = ("", (_, text, _) => IsLower(text)),
        ["center"] = ("width, fill?", (run, text, arguments) => Pad(run, text, arguments, (missing, width) => missing / 2 + (missing & width & 1))),
        ["ljust"] = ("width, fill?", (run, text, arguments) => Pad(run, text, arguments, (_, _) => 0)),
        ["rjust"] = ("width, fill?", (run, text, arguments) => Pad(run, text, arguments, (missing, _) => missing)),
        ["zfill"] = ("width", (run, text, arguments) => run.Made(PythonFormat.Spec(text, $"0={Math.Clamp(arguments.Integer(0), 0, 10_000)}"))),
        ["expandtabs"] = ("", (run, text, _) => run.Made(text.Replace("\t", "        ", StringComparison.Ordinal))),
    };

    /// <summary>The method of a text, or null.</summary>
    public static TemplateFunction? Find(string text, string name)
    {
        if (name == "format")
            return new TemplateFunction(name, (run, arguments) => PythonFormat.Braces(run, text, arguments));
        return Methods.TryGetValue(name, out var method)
            ? BuiltIn.Function(name, method.Parameters, (run, arguments) =>
            {
                run.Spend(text.Length);
                return method.Body(run, text, arguments);
            })
            : null;
    }

    /// <summary>Without some characters, or white space, at the ends.</summary>
    public static string Strip(string text, object? characters, bool left, bool right)
    {
        HashSet<object?>? set = characters is null ? null
            : PythonText.Characters(characters as string ?? throw new TemplateFault("strip arg must be None or str")).ToHashSet();
        List<object?> all = PythonText.Characters(text);
        int start = 0, end = all.Count;
        while (left && start < end && Drops((string)all[start]!))
            start++;
        while (right && end > start && Drops((string)all[end - 1]!))
            end--;
        return string.Concat(all[start..end]);

        bool Drops(string character) => set?.Contains(character) ?? IsSpace(character[0]);
    }

    /// <summary>Upper case; ß becomes SS.</summary>
    public static string Upper(string text) => text.Replace("ß", "SS", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>The first character in upper case, the others in lower.</summary>
    public static string Capitalize(string text)
    {
        List<object?> characters = PythonText.Characters(text);
        return characters.Count == 0 ? "" : Upper((string)characters[0]!) + string.Concat(characters[1..]).ToLowerInvariant();
    }

    /// <summary>Every run of letters capitalized.</summary>
    public static string Title(string text)
    {
        var output = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            output.Append(inWord ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
            inWord = Rune.IsLetter(rune);
        }
        return output.ToString();
    }

    /// <summary>With <paramref name="old"/> replaced, at most <paramref name="count"/> times (all where negative).</summary>
    public static string Replace(TemplateRun run, string text, string old, string replacement, int count)
    {
        if (old.Length > 0 && count < 0)
        {
            run.Spend((long)Count(text, old) * replacement.Length);
            return run.Made(text.Replace(old, replacement, StringComparison.Ordinal));
        }
        List<object?> parts = old.Length > 0 ? Split(text, old, count) : Gaps(text, count);
        run.Spend((long)parts.Count * replacement.Length);
        return run.Made(string.Join(replacement, parts));
    }

    /// <summary>The texts of a sequence with another between them.</summary>
    public static string Join(TemplateRun run, string separator, object? sequence)
    {
        List<object?> items = Members.Iterate(run, sequence);
        int wrong = items.FindIndex(item => item is not string);
        if (wrong >= 0)
            throw new TemplateFault($"sequence item {wrong}: expected str instance, {TypeNames.Of(items[wrong])} found");
        run.Spend((long)items.Count * separator.Length + items.Sum(item => (long)((string)item!).Length));
        return string.Join(separator, items);
    }

    /// <summary>Lines, with or without their ends.</summary>
    public static List<string> Lines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        for (int start = 0; start < text.Length;)
        {
            int end = text.AsSpan(start).IndexOfAny("\n\r\v\f\u001C\u001D\u001E\u0085\u2028\u2029") is >= 0 and int found ? start + found : text.Length;
            int next = end == text.Length ? end : end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }
        return lines;
    }

    /// <summary>Whether there are cased letters, all of them upper.</summary>
    public static bool IsUpper(string text) => text.Any(char.IsUpper) && !text.Any(char.IsLower);

    /// <summary>Whether there are cased letters, all of them lower.</summary>
    public static bool IsLower(string text) => text.Any(char.IsLower) && !text.Any(char.IsUpper);

    // Python counts the separators U+001C to U+001F too.
    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    private static bool All(string text, Func<Rune, bool> test) => text.Length > 0 && text.EnumerateRunes().All(test);

    private static int LastIndexOf(string text, string sub) => sub.Length == 0 ? text.Length : text.LastIndexOf(sub, StringComparison.Ordinal);

    private static BigInteger Place(string text, int units) => units < 0 ? -1 : PythonText.Length(text[..units]);

    private static object Found(BigInteger place) => place >= 0 ? place : throw new TemplateFault("substring not found");

    private static string Part(TemplateRun run, string text, BoundArguments arguments, int first)
    {
        int? start = arguments[first] is null ? null : arguments.Integer(first), end = arguments[first + 1] is null ? null : arguments.Integer(first + 1);
        return arguments.Has(first) ? (string)Members.Slice(run, text, start, end, 1)! : text;
    }

    private static bool Affix(string text, object? affix, bool isPrefix) => affix switch
    {
        string one => isPrefix ? text.StartsWith(one, StringComparison.Ordinal) : text.EndsWith(one, StringComparison.Ordinal),
        TemplateTuple many => many.Exists(one => Affix(text, one, isPrefix)),
        _ => throw new TemplateFault($"{(isPrefix ? "startswith" : "endswith")} first arg must be str or a tuple of str, not {TypeNames.Of(affix)}"),
    };

    private static int Count(string text, string sub)
    {
        if (sub.Length == 0)
            return PythonText.Length(text) + 1;
        int count = 0;
        for (int at = 0; (at = text.IndexOf(sub, at, StringComparison.Ordinal)) >= 0; at += sub.Length)
            count++;
        return count;
    }

    private static List<object?> Gaps(string text, int count)
    {
        List<object?> characters = PythonText.Characters(text), parts = [""];
        foreach (object? character in characters)
        {
            if (count < 0 || parts.Count <= count - 1)
                parts.Add(character);
            else
                parts[^1] = (string)parts[^1]! + character;
        }
        if (count < 0 || parts.Count <= count)
            parts.Add("");
        return count == 0 ? [text] : parts;
    }

    private static List<object?> Split(string text, object? separator, int most)
    {
        if (separator is null)
            return SplitAtSpace(text, most);
        string sub = RequireSeparator(separator);
        var parts = new List<object?>();
        int start = 0;
        for (int at; parts.Count != most && (at = text.IndexOf(sub, start, StringComparison.Ordinal)) >= 0; start = at + sub.Length)
            parts.Add(text[start..at]);
        parts.Add(text[start..]);
        return parts;
    }

    private static List<object?> SplitAtSpace(string text, int most)
    {
        var parts = new List<object?>();
        for (int start = 0; ;)
        {
            while (start < text.Length && IsSpace(text[start]))
                start++;
            if (start == text.Length)
                return parts;
            int end = start;
            while (end < text.Length && !IsSpace(text[end]))
                end++;
            if (parts.Count == most)
            {
                parts.Add(Strip(text[start..], null, false, true));
                return parts;
            }
            parts.Add(text[start..end]);
            start = end;
        }
    }

    private static List<object?> SplitRight(string text, object? separator, int most)
    {
        if (most < 0)
            return Split(text, separator, most);
        string sub = separator is null ? throw new TemplateFault("rsplit without a separator but with a limit is not supported") : RequireSeparator(separator);
        var parts = new List<object?>();
        int end = text.Length;
        for (int at; parts.Count != most && end > 0 && (at = text.LastIndexOf(sub, end - 1, StringComparison.Ordinal)) >= 0; end = at)
            parts.Insert(0, text[(at + sub.Length)..end]);
        parts.Insert(0, text[..end]);
        return parts;
    }

    private static string RequireSeparator(object? separator) => separator is string { Length: > 0 } text ? text
        : throw new TemplateFault(separator is string ? "empty separator" : $"must be str or None, not {TypeNames.Of(separator)}");

    private static TemplateTuple Partition(string text, string separator, int at, bool atEnd) => separator.Length == 0 ? throw new TemplateFault("empty separator")
        : at >= 0 ? new TemplateTuple([text[..at], separator, text[(at + separator.Length)..]])
        : atEnd ? new TemplateTuple(["", "", text]) : new TemplateTuple([text, "", ""]);

    private static string Pad(TemplateRun run, string text, BoundArguments arguments, Func<int, int, int> left)
    {
        int width = Math.Min(arguments.Integer(0), 1 << 20), missing = Math.Max(0, width - PythonText.Length(text));
        char fill = arguments[1] is string { Length: 1 } given ? given[0] : ' ';
        int before = missing == 0 ? 0 : left(missing, width);
        run.Spend(missing);
        return new string(fill, before) + text + new string(fill, missing - before);
    }
}
