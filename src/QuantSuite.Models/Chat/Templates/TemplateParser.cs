namespace QuantSuite.Models.Chat.Templates;

/// <summary>
/// Reads a template: text, expressions and the statements that chat templates use (if, for, set, macro, call, filter, with, break, continue, generation). What
/// Jinja has beyond them (inheritance, includes, imports, autoescape) needs other templates or HTML, and is refused by name.
/// </summary>
internal sealed class TemplateParser(List<TemplateToken> tokens) : ExpressionParser(tokens)
{
    private static readonly string[] Refused = ["extends", "block", "include", "import", "from", "autoescape", "print", "trans"];

    private readonly Stack<string> open = new();
    private readonly Stack<string[]> ends = new();

    /// <summary>The statements of a template.</summary>
    /// <exception cref="ChatTemplateException">It is no template, or has a construct that is not supported; the message has the line.</exception>
    public static IReadOnlyList<Statement> Parse(string template)
    {
        try
        {
            return new TemplateParser(TemplateLexer.Tokenize(template)).ParseBody();
        }
        catch (TemplateFault fault)
        {
            throw new ChatTemplateException(fault.Message, 0, fault);
        }
    }

    // Up to one of the names, or to the template's end where there are none; the name is left to be read.
    private List<Statement> ParseBody(params string[] until)
    {
        var body = new List<Statement>();
        if (until.Length > 0)
            ends.Push(until);
        while (Current.Kind != TokenKind.End)
        {
            TemplateToken token = Take();
            if (token.Kind == TokenKind.Data)
                body.Add(new TextStatement(token.Text, token.Line));
            else if (token.Kind == TokenKind.VariableBegin)
                body.Add(ParsePrint(token.Line));
            else if (Current.Kind == TokenKind.Name && until.Contains(Current.Text))
            {
                ends.Pop();
                return body;
            }
            else
                body.Add(Deeper(ParseStatement));
        }
        return until.Length == 0 ? body : throw Fail(Looking("Unexpected end of template."));
    }

    private PrintStatement ParsePrint(int line)
    {
        Expression value = Current.Kind == TokenKind.VariableEnd ? throw Fail("Expected an expression, got 'end of print statement'") : ParseTuple();
        Expect(TokenKind.VariableEnd);
        return new PrintStatement(value, line);
    }

    private string Looking(string message)
    {
        if (ends.Count > 0)
            message += $" Jinja was looking for the following tags: {string.Join(" or ", ends.Peek().Select(PythonText.Repr))}.";
        return open.Count > 0 ? $"{message} The innermost block that needs to be closed is {PythonText.Repr(open.Peek())}." : message;
    }

    private Statement ParseStatement()
    {
        TemplateToken tag = Current.Kind == TokenKind.Name ? Take() : throw Fail("tag name expected");
        open.Push(tag.Text);
        Statement statement = tag.Text switch
        {
            "if" => ParseIf(tag.Line),
            "for" => ParseFor(tag.Line),
            "set" => ParseSet(tag.Line),
            "macro" => ParseMacro(tag.Line),
            "call" => ParseCall(tag.Line),
            "filter" => new CaptureStatement(null, ParseFilterNames(first: true), ParseBlock("endfilter"), tag.Line),
            "with" => ParseWith(tag.Line),
            "generation" => new WithStatement([], ParseBlock("endgeneration"), tag.Line),
            "break" => new JumpStatement(Flow.Break, tag.Line),
            "continue" => new JumpStatement(Flow.Continue, tag.Line),
            _ => throw Unknown(tag),
        };
        open.Pop();
        Expect(TokenKind.BlockEnd);
        return statement;
    }

    private ChatTemplateException Unknown(TemplateToken tag)
    {
        open.Pop();
        if (Refused.Contains(tag.Text))
            return Fail($"The tag '{tag.Text}' is not supported in chat templates.", tag.Line);
        string message = $"Encountered unknown tag {PythonText.Repr(tag.Text)}.";
        bool misplaced = ends.Any(names => names.Contains(tag.Text));
        return Fail(misplaced ? Looking($"{message} You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for "
            + $"{string.Join(" or ", ends.Peek().Select(PythonText.Repr))}.").Replace($" Jinja was looking for the following tags: "
            + $"{string.Join(" or ", ends.Peek().Select(PythonText.Repr))}.", "", StringComparison.Ordinal) : Looking(message), tag.Line);
    }

    // From the end of the opening tag to the name of the closing one, which is read too.
    private List<Statement> ParseBlock(string end)
    {
        Accept(":");
        Expect(TokenKind.BlockEnd);
        List<Statement> body = ParseBody(end);
        Take();
        return body;
    }

    private List<Statement> ParseBranch(params string[] until)
    {
        Accept(":");
        Expect(TokenKind.BlockEnd);
        return ParseBody(until);
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        List<Statement> otherwise = [];
        Conditions++;
        do
        {
            Expression condition = ParseTuple(conditional: false);
            branches.Add((condition, ParseBranch("elif", "else", "endif")));
        }
        while (AcceptName("elif"));
        if (AcceptName("else"))
            otherwise = ParseBlock("endif");
        else
            Take();
        Conditions--;
        return new IfStatement(branches, otherwise, line);
    }

    private ForStatement ParseFor(int line)
    {
        Target target = ParseTarget(untilIn: true);
        if (!AcceptName("in"))
            throw Expected("in");
        Expression items = ParseTuple(conditional: false);
        Expression? condition = AcceptName("if") ? ParseExpression() : null;
        bool recursive = AcceptName("recursive");
        List<Statement> body = ParseBranch("endfor", "else");
        List<Statement> otherwise = Take().Text == "else" ? ParseBlock("endfor") : [];
        return new ForStatement(target, items, condition, recursive, body, otherwise, line);
    }

    private Statement ParseSet(int line)
    {
        Target target = ParseTarget(untilIn: false);
        if (Accept("="))
            return new SetStatement(target, ParseTuple(), line);
        List<FilterExpression> filters = ParseFilterNames(first: false);
        return new CaptureStatement(target, filters, ParseBlock("endset"), line);
    }

    private Target ParseTarget(bool untilIn)
    {
        int line = Current.Line;
        var targets = new List<Target>();
        bool isTuple = false;
        while (true)
        {
            targets.Add(Deeper(() => ParseSingleTarget(untilIn)));
            if (!Accept(","))
                break;
            isTuple = true;
            if (untilIn ? Current.IsName("in") : Current.Is("=") || Current.Kind == TokenKind.BlockEnd)
                break;
        }
        return isTuple ? new TupleTarget(targets, line) : targets[0];
    }

    private Target ParseSingleTarget(bool untilIn)
    {
        if (Accept("("))
        {
            Target inner = ParseTarget(untilIn);
            Expect(")");
            return inner;
        }
        TemplateToken name = ParseStoredName();
        return !untilIn && Accept(".") ? new AttributeTarget(name.Text, Expect(TokenKind.Name).Text, name.Line) : new NameTarget(name.Text, name.Line);
    }

    private TemplateToken ParseStoredName()
    {
        TemplateToken name = Expect(TokenKind.Name);
        return name.Text is "true" or "false" or "none" or "True" or "False" or "None" ? throw Fail("can't assign to 'const'", name.Line) : name;
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = ParseStoredName().Text;
        return new MacroStatement(ParseMacroBody(name, "endmacro", Current.Is("(") ? true : throw Expected("(")), line);
    }

    private MacroBody ParseMacroBody(string name, string end, bool hasParameters, Action? between = null)
    {
        var parameters = new List<(string, Expression?)>();
        if (hasParameters)
            ParseParameters(parameters);
        between?.Invoke();
        HashSet<string> outer = [.. NamesRead];
        NamesRead.Clear();
        List<Statement> body = ParseBlock(end);
        HashSet<string> uses = [.. NamesRead];
        NamesRead.UnionWith(outer);
        return new MacroBody(name, parameters, uses, body);
    }

    private void ParseParameters(List<(string, Expression?)> parameters)
    {
        Expect("(");
        while (!Current.Is(")"))
        {
            if (parameters.Count > 0)
                Expect(",");
            string name = ParseStoredName().Text;
            Expression? fallback = Accept("=") ? ParseExpression() : null;
            if (fallback is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
                throw Fail("non-default argument follows default argument");
            parameters.Add((name, fallback));
        }
        Expect(")");
    }

    private CallStatement ParseCall(int line)
    {
        CallExpression? call = null;
        MacroBody caller = ParseMacroBody("caller", "endcall", Current.Is("("),
            () => call = ParseExpression() as CallExpression ?? throw Fail("expected call", line));
        return new CallStatement(call!, caller, line);
    }

    private WithStatement ParseWith(int line)
    {
        var values = new List<(Target, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd && !Current.Is(":"))
        {
            if (values.Count > 0)
                Expect(",");
            Target target = ParseSingleTarget(untilIn: true);
            Expect("=");
            values.Add((target, ParseExpression()));
        }
        return new WithStatement(values, ParseBlock("endwith"), line);
    }
}
