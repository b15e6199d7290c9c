using System.Globalization;
using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Reads expressions, with Jinja's precedence: conditional, or, and, not, comparison, + -, ~, * / // %, **, sign, postfix, filters and tests.</summary>
internal class ExpressionParser(List<TemplateToken> tokens) : TokenStream(tokens)
{
    /// <summary>Names that expressions read: what macros look for.</summary>
    protected HashSet<string> NamesRead { get; } = new(StringComparer.Ordinal);

    /// <summary>Within conditions unknown filters and tests are an error only when they run, as in Jinja.</summary>
    protected int Conditions { get; set; }

    /// <summary>An expression.</summary>
    protected Expression ParseExpression() => Deeper(() =>
    {
        int line = Current.Line;
        Expression value = ParseOr();
        while (AcceptName("if"))
        {
            Conditions++;
            Expression condition = ParseOr();
            Expression? otherwise = AcceptName("else") ? ParseExpression() : null;
            Conditions--;
            value = new ConditionalExpression(condition, value, otherwise, line);
        }
        return value;
    });

    /// <summary>An expression, or several with commas between: a tuple.</summary>
    protected Expression ParseTuple(bool conditional = true, bool parenthesized = false)
    {
        int line = Current.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (!TupleEnds())
        {
            items.Add(conditional ? ParseExpression() : ParseOr());
            if (!Accept(","))
                break;
            isTuple = true;
        }
        if (!isTuple && items.Count == 1)
            return items[0];
        if (!isTuple && !parenthesized)
            throw Fail($"Expected an expression, got {PythonText.Repr(Current.Describe())}");
        return new ItemsExpression(items, IsTuple: true, line);
    }

    /// <summary>Disjunctions and what binds tighter.</summary>
    protected Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (AcceptName("or"))
            left = new LogicExpression(false, left, ParseAnd(), left.Line);
        return left;
    }

    /// <summary>A filter's name and arguments, and those of the filters after it.</summary>
    protected List<FilterExpression> ParseFilterNames(bool first)
    {
        var filters = new List<FilterExpression>();
        while (first || Accept("|"))
        {
            first = false;
            (string name, int line) = ParseDottedName();
            if (!Filters.Exists(name) && Conditions == 0)
                throw Fail($"No filter named {PythonText.Repr(name)}.", line);
            filters.Add(new FilterExpression(null, name, Current.Is("(") ? ParseArguments() : ArgumentList.None, line));
        }
        return filters;
    }

    private bool TupleEnds() => Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || Current.Is(")") || Current.IsName("recursive");

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (AcceptName("and"))
            left = new LogicExpression(true, left, ParseNot(), left.Line);
        return left;
    }

    private Expression ParseNot()
    {
        int line = Current.Line;
        return AcceptName("not") ? new UnaryExpression("not", Deeper(ParseNot), line) : ParseComparison();
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (ComparisonSymbol() is { } symbol)
            rest.Add((symbol, ParseSum()));
        return rest.Count == 0 ? first : new CompareExpression(first, rest, first.Line);
    }

    private string? ComparisonSymbol()
    {
        if (AcceptName("in"))
            return "in";
        if (Current.IsName("not") && Ahead.IsName("in"))
        {
            Take();
            Take();
            return "not in";
        }
        return Current.Kind == TokenKind.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=" ? Take().Text : null;
    }

    private Expression ParseSum() => ParseChain(ParseConcat, "+", "-");

    private Expression ParseConcat()
    {
        var parts = new List<Expression> { ParseProduct() };
        while (Accept("~"))
            parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new ConcatExpression(parts, parts[0].Line);
    }

    private Expression ParseProduct() => ParseChain(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseChain(() => ParseUnary(withFilters: true), "**");

    private Expression ParseChain(Func<Expression> parse, params string[] symbols)
    {
        Expression left = parse();
        while (Current.Kind == TokenKind.Operator && symbols.Contains(Current.Text))
            left = new MathExpression(Take().Text, left, parse(), left.Line);
        return left;
    }

    private Expression ParseUnary(bool withFilters) => Deeper(() =>
    {
        TemplateToken token = Current;
        Expression value = Accept("-") || Accept("+") ? new UnaryExpression(token.Text, ParseUnary(withFilters: false), token.Line) : ParsePrimary();
        value = ParsePostfix(value);
        return withFilters ? ParseFiltersAndTests(value) : value;
    });

    private Expression ParsePrimary()
    {
        TemplateToken token = Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName();
            case TokenKind.String:
                return ParseStrings();
            case TokenKind.Integer:
                Take();
                return new Constant(ParseInteger(token), token.Line);
            case TokenKind.Float:
                Take();
                return new Constant(double.Parse(token.Text, CultureInfo.InvariantCulture), token.Line);
        }
        if (Accept("("))
        {
            Expression inner = ParseTuple(parenthesized: true);
            Expect(")");
            return inner;
        }
        return Accept("[") ? ParseList(token.Line) : Accept("{") ? ParseDict(token.Line) : throw Fail($"unexpected {PythonText.Repr(token.Describe())}");
    }

    private Expression ParseName()
    {
        TemplateToken token = Take();
        switch (token.Text)
        {
            case "true" or "True":
                return new Constant(true, token.Line);
            case "false" or "False":
                return new Constant(false, token.Line);
            case "none" or "None":
                return new Constant(null, token.Line);
        }
        NamesRead.Add(token.Text);
        return new NameExpression(token.Text, token.Line);
    }

    private Constant ParseStrings()
    {
        int line = Current.Line;
        string text = "";
        while (Current.Kind == TokenKind.String)
            text += Take().Text;
        return new Constant(text, line);
    }

    private BigInteger ParseInteger(TemplateToken token)
    {
        int radix = token.Text.Length < 2 ? 10 : char.ToLowerInvariant(token.Text[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 };
        if (token.Text.Length > 1000)
            throw Fail("a number of more than 1000 digits is refused", token.Line);
        BigInteger value = 0;
        foreach (char c in radix == 10 ? token.Text : token.Text[2..])
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.ToLowerInvariant(c) - 'a' + 10;
            value = digit < radix ? value * radix + digit : throw Fail($"'{token.Text}' is no number", token.Line);
        }
        return value;
    }

    private ItemsExpression ParseList(int line)
    {
        var items = new List<Expression>();
        while (!Current.Is("]"))
        {
            items.Add(ParseExpression());
            if (!Current.Is("]"))
                Expect(",");
        }
        Expect("]");
        return new ItemsExpression(items, IsTuple: false, line);
    }

    private DictExpression ParseDict(int line)
    {
        var entries = new List<(Expression, Expression)>();
        while (!Current.Is("}"))
        {
            Expression key = ParseExpression();
            Expect(":");
            entries.Add((key, ParseExpression()));
            if (!Current.Is("}"))
                Expect(",");
        }
        Expect("}");
        return new DictExpression(entries, line);
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Accept("."))
                value = ParseAttribute(value, line);
            else if (Accept("["))
                value = ParseSubscript(value, line);
            else if (Current.Is("("))
                value = new CallExpression(value, ParseArguments(), line);
            else
                return value;
        }
    }

    private Expression ParseAttribute(Expression owner, int line)
    {
        TemplateToken token = Take();
        return token.Kind switch
        {
            TokenKind.Name => new AttributeExpression(owner, token.Text, line),
            TokenKind.Integer => new ItemExpression(owner, new Constant(ParseInteger(token), line), line),
            _ => throw Fail("expected name or number", token.Line),
        };
    }

    private Expression ParseSubscript(Expression owner, int line)
    {
        Expression? start = Current.Is(":") ? null : ParseExpression();
        if (start is not null && Accept("]"))
            return new ItemExpression(owner, start, line);
        if (start is not null && Accept(","))
            throw Fail("several subscripts in one are not supported");
        Expect(":");
        Expression? stop = Current.Is(":") || Current.Is("]") ? null : ParseExpression();
        Expression? step = Accept(":") && !Current.Is("]") ? ParseExpression() : null;
        Expect("]");
        return new SliceExpression(owner, start, stop, step, line);
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Current.Is("|"))
                foreach (FilterExpression filter in ParseFilterNames(first: false))
                    value = filter with { Value = value };
            else if (AcceptName("is"))
                value = ParseTest(value, line);
            else if (Current.Is("("))
                value = new CallExpression(value, ParseArguments(), line);
            else
                return value;
        }
    }

    private Expression ParseTest(Expression value, int line)
    {
        bool negated = AcceptName("not");
        (string name, int nameLine) = ParseDottedName();
        if (!Tests.Exists(name) && Conditions == 0)
            throw Fail($"No test named {PythonText.Repr(name)}.", nameLine);
        ArgumentList arguments = ArgumentList.None;
        if (Current.Is("("))
            arguments = ParseArguments();
        else if (Current.IsName("is"))
            throw Fail("You cannot chain multiple tests with is");
        else if (TakesArgument())
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        var test = new TestExpression(value, name, arguments, line);
        return negated ? new UnaryExpression("not", test, line) : test;
    }

    private bool TakesArgument() => Current.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float || Current.Is("[") || Current.Is("{")
        || (Current.Kind == TokenKind.Name && Current.Text is not ("else" or "or" or "and" or "is"));

    private (string Name, int Line) ParseDottedName()
    {
        TemplateToken token = Expect(TokenKind.Name);
        string name = token.Text;
        while (Accept("."))
            name += "." + Expect(TokenKind.Name).Text;
        return (name, token.Line);
    }

    private ArgumentList ParseArguments()
    {
        int line = Current.Line;
        Expect("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? star = null, doubleStar = null;
        while (!Current.Is(")"))
        {
            if (positional.Count + named.Count > 0 || (star ?? doubleStar) is not null)
            {
                Expect(",");
                if (Current.Is(")"))
                    break;
            }
            if (Accept("*"))
                star = Once(star is null && doubleStar is null, ParseExpression());
            else if (Accept("**"))
                doubleStar = Once(doubleStar is null, ParseExpression());
            else if (Current.Kind == TokenKind.Name && Ahead.Is("="))
                named.Add((ParseKeyword(), Once(doubleStar is null, ParseExpression())));
            else
                positional.Add(Once(star is null && doubleStar is null && named.Count == 0, ParseExpression()));
        }
        Expect(")");
        return new ArgumentList(positional, named, star, doubleStar);

        Expression Once(bool isAllowed, Expression argument) => isAllowed ? argument : throw Fail("invalid syntax for function call expression", line);
    }

    private string ParseKeyword()
    {
        string name = Take().Text;
        Take();
        return name;
    }
}
