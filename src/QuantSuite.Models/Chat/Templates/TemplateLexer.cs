using System.Globalization;
using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>
/// Cuts a template into tokens as Jinja 3.1 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the newline after a statement or comment goes, and so
/// do blanks before one that begins its line; <c>-</c> strips all white space at its side, <c>+</c> keeps it. Line ends become LF, and the template's last one goes.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string source;
    private readonly List<TemplateToken> tokens = [];
    private readonly Stack<char> brackets = new();
    private int position;
    private int line = 1;
    private int countedTo;
    private bool atLineStart = true;

    private TemplateLexer(string template)
    {
        string normalized = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        source = normalized.EndsWith('\n') ? normalized[..^1] : normalized;
    }

    /// <summary>The tokens, the last of kind End.</summary>
    /// <exception cref="ChatTemplateException">A tag is not closed, or has a character that means nothing.</exception>
    public static List<TemplateToken> Tokenize(string template)
    {
        var lexer = new TemplateLexer(template);
        while (lexer.position < lexer.source.Length)
            lexer.ReadDataAndTag();
        lexer.Add(TokenKind.End, "");
        return lexer.tokens;
    }

    private int Line
    {
        get
        {
            line += source.AsSpan(countedTo, position - countedTo).Count('\n');
            countedTo = position;
            return line;
        }
    }

    private char At(int index) => index < source.Length ? source[index] : '\0';

    private bool Ahead(string text) => string.CompareOrdinal(source, position, text, 0, text.Length) == 0;

    private void Add(TokenKind kind, string text) => tokens.Add(new TemplateToken(kind, text, Line));

    private void ReadDataAndTag()
    {
        int tag = FindTag(position);
        char sign = tag < source.Length ? At(tag + 2) : '\0';
        string data = source[position..tag];
        if (sign == '-')
            data = data.TrimEnd();
        else if (sign != '+' && tag < source.Length && source[tag + 1] != '{')
            data = StripIndent(data);
        if (data.Length > 0)
            Add(TokenKind.Data, data);
        position = tag;
        if (tag == source.Length)
            return;
        position += sign is '-' or '+' ? 3 : 2;
        switch (source[tag + 1])
        {
            case '#':
                SkipComment();
                break;
            case '%' when RawBegins():
                ReadRaw();
                break;
            case '%':
                Add(TokenKind.BlockBegin, "{%");
                ReadExpression(TokenKind.BlockEnd, "%}");
                break;
            default:
                Add(TokenKind.VariableBegin, "{{");
                ReadExpression(TokenKind.VariableEnd, "}}");
                break;
        }
        atLineStart = source[position - 1] == '\n';
    }

    private int FindTag(int from)
    {
        for (int i = from; (i = source.IndexOf('{', i)) >= 0; i++)
            if (At(i + 1) is '{' or '%' or '#')
                return i;
        return source.Length;
    }

    private string StripIndent(string data)
    {
        int start = data.LastIndexOf('\n') + 1;
        return (start > 0 || atLineStart) && string.IsNullOrWhiteSpace(data[start..]) ? data[..start] : data;
    }

    private void SkipComment()
    {
        int begun = Line, end = source.IndexOf("#}", position, StringComparison.Ordinal);
        if (end < 0)
            throw new ChatTemplateException("Missing end of comment tag", begun);
        char sign = end > position ? source[end - 1] : '\0';
        position = end + 2;
        SkipAfterTag(sign);
    }

    private void SkipAfterTag(char sign)
    {
        if (sign == '-')
            SkipSpace();
        else if (sign != '+' && At(position) == '\n')
            position++;
    }

    private void SkipSpace()
    {
        while (position < source.Length && char.IsWhiteSpace(source[position]))
            position++;
    }

    private bool RawBegins()
    {
        int i = SpaceEnd(position);
        if (string.CompareOrdinal(source, i, "raw", 0, 3) != 0)
            return false;
        i = SpaceEnd(i + 3);
        return At(i) == '%' || (At(i) == '-' && At(i + 1) == '%') ? At(i + (At(i) == '-' ? 2 : 1)) == '}' : false;
    }

    private int SpaceEnd(int index)
    {
        while (index < source.Length && char.IsWhiteSpace(source[index]))
            index++;
        return index;
    }

    private void ReadRaw()
    {
        int begun = Line;
        position = source.IndexOf("%}", position, StringComparison.Ordinal);
        bool strips = source[position - 1] == '-';
        position += 2;
        if (strips)
            SkipSpace();
        for (int open = position; (open = source.IndexOf("{%", open, StringComparison.Ordinal)) >= 0; open++)
        {
            char sign = At(open + 2);
            int name = SpaceEnd(open + (sign is '-' or '+' ? 3 : 2));
            int close = SpaceEnd(name + "endraw".Length);
            char endSign = At(close);
            close += endSign is '-' or '+' ? 1 : 0;
            if (string.CompareOrdinal(source, name, "endraw", 0, 6) != 0 || string.CompareOrdinal(source, close, "%}", 0, 2) != 0)
                continue;
            string data = source[position..open];
            data = sign == '-' ? data.TrimEnd() : sign == '+' ? data : StripIndent(data);
            Add(TokenKind.Data, data);
            position = close + 2;
            SkipAfterTag(endSign);
            return;
        }
        throw new ChatTemplateException("Missing end of raw directive", begun);
    }

    private void ReadExpression(TokenKind endKind, string end)
    {
        brackets.Clear();
        while (true)
        {
            SkipSpace();
            if (position >= source.Length)
                return;
            if (brackets.Count == 0 && IsEnd(end, out char sign))
            {
                Add(endKind, end);
                position += sign == '\0' ? 2 : 3;
                if (endKind == TokenKind.BlockEnd)
                    SkipAfterTag(sign);
                else if (sign == '-')
                    SkipSpace();
                return;
            }
            ReadToken();
        }
    }

    private bool IsEnd(string end, out char sign)
    {
        sign = Ahead("-" + end) ? '-' : end == "%}" && Ahead("+" + end) ? '+' : '\0';
        return sign != '\0' || Ahead(end);
    }

    private void ReadToken()
    {
        char first = source[position];
        if (char.IsAsciiDigit(first))
            ReadNumber();
        else if (char.IsLetter(first) || first == '_')
            ReadName();
        else if (first is '"' or '\'')
            ReadString(first);
        else
            ReadOperator();
    }

    private void ReadName()
    {
        int start = position, end = position;
        while (end < source.Length && (char.IsLetterOrDigit(source[end]) || source[end] == '_'))
            end++;
        Add(TokenKind.Name, source[start..end]);
        position = end;
    }

    private void ReadNumber()
    {
        int start = position, end;
        if (source[start] == '0' && char.ToLowerInvariant(At(start + 1)) is 'x' or 'o' or 'b')
        {
            end = start + 2;
            while (char.IsAsciiHexDigit(At(end)) || At(end) == '_')
                end++;
            AddNumber(TokenKind.Integer, start, end);
            return;
        }
        end = DigitsEnd(start);
        TokenKind kind = TokenKind.Integer;
        if (At(end) == '.' && char.IsAsciiDigit(At(end + 1)))
            (end, kind) = (DigitsEnd(end + 1), TokenKind.Float);
        int exponent = end + 1 + (At(end + 1) is '+' or '-' ? 1 : 0);
        if (At(end) is 'e' or 'E' && char.IsAsciiDigit(At(exponent)))
            (end, kind) = (DigitsEnd(exponent), TokenKind.Float);
        AddNumber(kind, start, end);
    }

    private int DigitsEnd(int index)
    {
        while (char.IsAsciiDigit(At(index)) || (At(index) == '_' && char.IsAsciiDigit(At(index + 1))))
            index++;
        return index;
    }

    private void AddNumber(TokenKind kind, int start, int end)
    {
        Add(kind, source[start..end].Replace("_", "", StringComparison.Ordinal));
        position = end;
    }

    private void ReadString(char quote)
    {
        int end = position + 1;
        while (end < source.Length && source[end] != quote)
            end += source[end] == '\\' ? 2 : 1;
        if (end >= source.Length)
            throw new ChatTemplateException($"unexpected char {PythonText.Repr(quote.ToString())} at {position}", Line);
        Add(TokenKind.String, Unescape(source[(position + 1)..end]));
        position = end + 1;
    }

    private void ReadOperator()
    {
        string? symbol = Operators.FirstOrDefault(Ahead);
        if (symbol is null)
            throw new ChatTemplateException($"unexpected char {PythonText.Repr(source[position].ToString())} at {position}", Line);
        if (symbol is "(" or "[" or "{")
            brackets.Push(symbol == "(" ? ')' : symbol == "[" ? ']' : '}');
        else if (symbol is ")" or "]" or "}")
        {
            if (brackets.Count == 0)
                throw new ChatTemplateException($"unexpected '{symbol}'", Line);
            if (brackets.Pop() is char expected && expected != symbol[0])
                throw new ChatTemplateException($"unexpected '{symbol}', expected '{expected}'", Line);
        }
        Add(TokenKind.Operator, symbol);
        position += symbol.Length;
    }

    // Python's escapes; a backslash before anything else stays.
    private string Unescape(string text)
    {
        if (!text.Contains('\\'))
            return text;
        var output = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                output.Append(text[i]);
                continue;
            }
            char kind = text[++i];
            const string simple = "n\nt\tr\ra\ab\bf\fv\v\\\\'\"", quotes = "'\"\n";
            int known = simple.IndexOf(kind, StringComparison.Ordinal);
            if (quotes.Contains(kind))
                output.Append(kind == '\n' ? "" : kind.ToString());
            else if (kind is 'x' or 'u' or 'U')
                i += AppendHex(text, i + 1, kind == 'x' ? 2 : kind == 'u' ? 4 : 8, output);
            else if (kind is >= '0' and <= '7')
                i += AppendOctal(text, i, output);
            else if (known >= 0 && known % 2 == 0)
                output.Append(simple[known + 1]);
            else
                output.Append('\\').Append(kind);
        }
        return output.ToString();
    }

    private int AppendHex(string text, int start, int digits, StringBuilder output)
    {
        if (start + digits > text.Length
            || !int.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point) || point is < 0 or > 0x10FFFF)
            throw new ChatTemplateException("a string has a malformed escape of a code point", Line);
        output.Append(point < 0x10000 ? ((char)point).ToString() : char.ConvertFromUtf32(point));
        return digits;
    }

    private static int AppendOctal(string text, int start, StringBuilder output)
    {
        int value = 0, end = start;
        for (; end < text.Length && end < start + 3 && text[end] is >= '0' and <= '7'; end++)
            value = value * 8 + text[end] - '0';
        output.Append((char)value);
        return end - start - 1;
    }
}
