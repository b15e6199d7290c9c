using System.Globalization;
using System.Text;

namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>
/// Reads the part of Oniguruma's Ruby syntax that tokenizers use: literals, escapes, <c>.</c>, Unicode classes with ranges, nesting, negation and
/// <c>&amp;&amp;</c>, groups, <c>(?i:…)</c>, atomic groups, look-around, greedy, lazy and possessive repetition, anchors. Capturing groups only group.
/// Anything else (back-references, POSIX brackets, scripts, options) is refused by name rather than guessed.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxDepth = 50;
    private const int MaxRepeat = 10_000;

    // Letter pairs that full case folding makes of one character (ß, ﬁ, ﬆ, …); simple folding, used here, would miss those.
    private static readonly string[] FoldedPairs = ["ss", "ff", "fi", "fl", "st"];

    private readonly string pattern;
    private readonly int[] points;
    private int next;
    private int depth;
    private bool ignoreCase;

    private PatternParser(string pattern)
    {
        this.pattern = pattern;
        points = pattern.EnumerateRunes().Select(rune => rune.Value).ToArray();
    }

    /// <summary>The syntax tree of a pattern.</summary>
    /// <exception cref="UnsupportedTokenizerException">A construct that is not implemented.</exception>
    /// <exception cref="TokenizerException">Not a pattern.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.ParseChoice();
        return parser.AtEnd ? node : throw parser.Malformed("unmatched ')'");
    }

    private bool AtEnd => next == points.Length;

    private int Current => AtEnd ? throw Malformed("unexpected end") : points[next];

    private bool Accept(string text)
    {
        if (!Ahead(text))
            return false;
        next += text.Length;
        return true;
    }

    private bool Ahead(string text)
    {
        if (points.Length - next < text.Length)
            return false;
        for (int i = 0; i < text.Length; i++)
            if (points[next + i] != text[i])
                return false;
        return true;
    }

    private int Take()
    {
        int point = Current;
        next++;
        return point;
    }

    private PatternNode ParseChoice()
    {
        if (++depth > MaxDepth)
            throw Malformed($"groups nested more than {MaxDepth} deep");
        var choices = new List<PatternNode> { ParseSequence() };
        while (Accept("|"))
            choices.Add(ParseSequence());
        depth--;
        return choices.Count == 1 ? choices[0] : new PatternNode.Choice(choices);
    }

    private PatternNode ParseSequence()
    {
        var parts = new List<PatternNode>();
        while (!AtEnd && Current is not ('|' or ')'))
        {
            RefuseFoldedPair();
            parts.Add(ParseRepeats(ParseAtom()));
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private void RefuseFoldedPair()
    {
        if (!ignoreCase || next + 1 >= points.Length || points[next] > 127 || points[next + 1] > 127)
            return;
        string pair = $"{(char)points[next]}{(char)points[next + 1]}".ToLowerInvariant();
        if (FoldedPairs.Contains(pair))
            throw Unsupported($"'{pair}' where case is ignored (it would also match a single ligature or ß)");
    }

    private PatternNode ParseRepeats(PatternNode atom)
    {
        while (!AtEnd && ParseBounds() is var (min, max, braces))
        {
            Greed greed = Accept("?") ? Greed.Lazy : !braces && Accept("+") ? Greed.Possessive : Greed.Greedy;
            if (braces && greed == Greed.Lazy && min == max)
                throw Unsupported("{n}? (in this syntax an optional {n}, not a lazy one)");
            if (max is null && atom.Nullable)
                throw Unsupported("unlimited repetition of something that may be empty");
            atom = new PatternNode.Repeat(atom, min, max, greed);
        }
        return atom;
    }

    private (int Min, int? Max, bool Braces)? ParseBounds()
    {
        if (Accept("*"))
            return (0, null, false);
        if (Accept("+"))
            return (1, null, false);
        if (Accept("?"))
            return (0, 1, false);
        return Current == '{' ? ParseBraces() : null;
    }

    private (int Min, int? Max, bool Braces) ParseBraces()
    {
        next++;
        int? min = ParseNumber();
        bool comma = Accept(",");
        int? max = comma ? ParseNumber() : min;
        if (!Accept("}") || (min ?? max) is null)
            throw Unsupported("a '{' that begins no repetition {n}, {n,}, {,m} or {n,m}");
        return max < (min ?? 0) ? throw Malformed("a repetition's limits are the wrong way round") : (min ?? 0, max, true);
    }

    private int? ParseNumber()
    {
        int start = next, value = 0;
        while (!AtEnd && Current is >= '0' and <= '9')
        {
            value = value * 10 + Take() - '0';
            if (value > MaxRepeat)
                throw Unsupported($"more than {MaxRepeat} repetitions");
        }
        return next == start ? null : value;
    }

    private PatternNode ParseAtom()
    {
        switch (Take())
        {
            case '(':
                return ParseGroup();
            case '[':
                return One(ParseClass());
            case '.':
                return new PatternNode.One(CodePointSet.Complement(CodePointSet.Single('\n')));
            case '^':
                return new PatternNode.Place(Anchor.LineStart);
            case '$':
                return new PatternNode.Place(Anchor.LineEnd);
            case '\\':
                return ParseAnchor() is { } anchor ? new PatternNode.Place(anchor) : One(ParseEscape());
            case '*' or '+' or '?':
                throw Malformed("nothing to repeat");
            default:
                return One(CodePointSet.Single(points[next - 1]));
        }
    }

    private PatternNode.One One(CodePointSet set) => new(ignoreCase ? CodePointSet.IgnoreCase(set) : set);

    private Anchor? ParseAnchor()
    {
        Anchor? anchor = Current switch
        {
            'A' => Anchor.TextStart,
            'z' => Anchor.TextEnd,
            'b' => Anchor.WordBoundary,
            'B' => Anchor.NoWordBoundary,
            _ => null,
        };
        next += anchor is null ? 0 : 1;
        return anchor;
    }

    private PatternNode ParseGroup()
    {
        bool outerCase = ignoreCase;
        Func<PatternNode, PatternNode> wrap = ParseGroupKind();
        PatternNode body = ParseChoice();
        if (!Accept(")"))
            throw Malformed("missing ')'");
        ignoreCase = outerCase;
        return wrap(body);
    }

    private Func<PatternNode, PatternNode> ParseGroupKind()
    {
        if (!Accept("?") || Accept(":"))
            return body => body;
        if (Accept("i:"))
        {
            ignoreCase = true;
            return body => body;
        }
        if (Accept("-i:"))
        {
            ignoreCase = false;
            return body => body;
        }
        if (Accept(">"))
            return body => new PatternNode.Atomic(body);
        if (Accept("="))
            return body => new PatternNode.Look(body, Behind: false, Negative: false);
        if (Accept("!"))
            return body => new PatternNode.Look(body, Behind: false, Negative: true);
        if (Accept("<="))
            return body => LookBehind(body, negative: false);
        if (Accept("<!"))
            return body => LookBehind(body, negative: true);
        throw Unsupported($"the group '(?{char.ConvertFromUtf32(Current)}…'");
    }

    private PatternNode.Look LookBehind(PatternNode body, bool negative) =>
        body.Width is null ? throw Unsupported("look-behind of varying width") : new(body, Behind: true, negative);

    // Oniguruma: && binds weaker than union, so [a-z&&[^x]] is (a-z) ∩ (not x), and a leading ^ negates the whole.
    private CodePointSet ParseClass()
    {
        if (++depth > MaxDepth)
            throw Malformed($"classes nested more than {MaxDepth} deep");
        bool negated = Accept("^");
        CodePointSet set = ParseUnion();
        while (Accept("&&"))
            set = CodePointSet.Intersection(set, ParseUnion());
        if (!Accept("]"))
            throw Malformed("missing ']'");
        depth--;
        return negated ? CodePointSet.Complement(set) : set;
    }

    private CodePointSet ParseUnion()
    {
        var sets = new List<CodePointSet>();
        while (Current != ']' && !Ahead("&&"))
            sets.Add(ParseClassItem());
        return sets.Count > 0 ? CodePointSet.Union(sets) : throw Unsupported("an empty class, or ']' as its first member (write \\])");
    }

    private CodePointSet ParseClassItem()
    {
        if (Ahead("[:"))
            throw Unsupported("POSIX brackets [:…:]");
        if (Accept("["))
            return ParseClass();
        if (Current == '\\' && !IsLiteralEscape(next + 1))
        {
            next++;
            return ParseEscape();
        }
        int first = ParseClassLiteral();
        if (!Ahead("-") || Ahead("-]") || next + 1 >= points.Length)
            return CodePointSet.Single(first);
        next++;
        if (Current == '[' || (Current == '\\' && !IsLiteralEscape(next + 1)))
            throw Unsupported("a range that ends in a class");
        int last = ParseClassLiteral();
        return first <= last ? CodePointSet.Range(first, last) : throw Malformed("a range runs backwards");
    }

    private int ParseClassLiteral() => Accept("\\") ? ParseLiteralEscape() : Take();

    private bool IsLiteralEscape(int index) => index < points.Length && points[index] is not ('s' or 'S' or 'd' or 'D' or 'w' or 'W' or 'p' or 'P');

    private CodePointSet ParseEscape()
    {
        if (IsLiteralEscape(next))
            return CodePointSet.Single(ParseLiteralEscape());
        int letter = Take();
        CodePointSet set = letter switch
        {
            's' or 'S' => CodePointSet.WhiteSpace,
            'd' or 'D' => CodePointSet.Category("Nd")!,
            'w' or 'W' => CodePointSet.Word,
            _ => ParseProperty(),
        };
        return letter is 'S' or 'D' or 'W' or 'P' ? CodePointSet.Complement(set) : set;
    }

    private CodePointSet ParseProperty()
    {
        if (!Accept("{"))
            throw Malformed("\\p without {…}");
        bool negated = Accept("^");
        var name = new StringBuilder();
        while (Current != '}')
            name.Append(char.ConvertFromUtf32(Take()));
        next++;
        CodePointSet set = name.ToString() == "Han" ? CodePointSet.Han : CodePointSet.Category(name.ToString()) ?? throw Unsupported($"the property \\p{{{name}}} (general categories such as L, Lu, N are)");
        return negated ? CodePointSet.Complement(set) : set;
    }

    private int ParseLiteralEscape()
    {
        int point = Take();
        return point switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1B,
            'x' => Accept("{") ? ParseHex(1, 6, "}") : ParseHex(1, 2, ""),
            'u' => ParseHex(4, 4, ""),
            >= '0' and <= '9' => throw Unsupported($"\\{(char)point} (a back-reference or octal escape)"),
            (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => throw Unsupported($"the escape \\{(char)point}"),
            _ => point,
        };
    }

    private int ParseHex(int minDigits, int maxDigits, string close)
    {
        int start = next, value = 0;
        while (next - start < maxDigits && !AtEnd && Current < 128 && char.IsAsciiHexDigit((char)Current))
            value = value * 16 + int.Parse([(char)Take()], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return next - start >= minDigits && Accept(close) && value <= 0x10FFFF ? value : throw Malformed("a bad hexadecimal escape");
    }

    private TokenizerException Malformed(string what) =>
        new($"pattern /{UnicodePattern.Shorten(pattern)}/: {what} at character {next + 1}. Is the tokenizer file intact?");

    private UnsupportedTokenizerException Unsupported(string what) =>
        new($"pattern /{UnicodePattern.Shorten(pattern)}/: {what} is not supported yet (character {next + 1}).");
}
