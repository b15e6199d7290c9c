using System.Globalization;
using System.Numerics;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's <c>json.dumps</c>, as transformers' <c>tojson</c> calls it: no HTML escapes, non-ASCII kept unless asked.</summary>
internal sealed class PythonJson(bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private readonly StringBuilder output = new();

    /// <summary>The JSON of a value.</summary>
    public string Write(object? value)
    {
        Write(value, 0);
        return output.ToString();
    }

    private void Write(object? value, int depth)
    {
        PythonText.RequireStack();
        switch (value)
        {
            case null or bool or BigInteger or double:
                output.Append(Scalar(value));
                break;
            case string text:
                WriteText(text);
                break;
            case TemplateDict dict:
                WriteDict(dict, depth);
                break;
            case TemplateList or TemplateTuple:
                WriteItems((List<object?>)value, '[', ']', depth, item => Write(item, depth + 1));
                break;
            default:
                throw new TemplateFault($"Object of type {TypeNames.Of(value)} is not JSON serializable");
        }
    }

    private static string Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double number => PythonNumber.Format(number),
        _ => ((BigInteger)value).ToString(CultureInfo.InvariantCulture),
    };

    private void WriteDict(TemplateDict dict, int depth)
    {
        List<KeyValuePair<object?, object?>> entries = [.. dict];
        if (sortKeys)
            entries.Sort((a, b) => PythonOperators.Compare(a.Key, b.Key, "<"));
        WriteItems(entries, '{', '}', depth, entry =>
        {
            WriteText(entry.Key as string ?? (entry.Key is null or bool or BigInteger or double ? Scalar(entry.Key)
                : throw new TemplateFault($"keys must be str, int, float, bool or None, not {TypeNames.Of(entry.Key)}")));
            output.Append(keySeparator);
            Write(entry.Value, depth + 1);
        });
    }

    private void WriteItems<T>(List<T> items, char open, char close, int depth, Action<T> write)
    {
        output.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                output.Append(itemSeparator);
            BreakLine(depth + 1);
            write(items[i]);
        }
        if (items.Count > 0)
            BreakLine(depth);
        output.Append(close);
    }

    private void BreakLine(int depth)
    {
        if (indent is null)
            return;
        output.Append('\n');
        for (int i = 0; i < depth; i++)
            output.Append(indent);
    }

    private void WriteText(string text)
    {
        output.Append('"');
        foreach (char c in text)
        {
            int simple = "\"\\\n\r\t\b\f".IndexOf(c, StringComparison.Ordinal);
            if (simple >= 0)
                output.Append('\\').Append("\"\\nrtbf"[simple]);
            else if (c < 0x20 || (ensureAscii && c > 0x7E))
                output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                output.Append(c);
        }
        output.Append('"');
    }
}
