namespace QuantSuite.Models.Chat.Templates;

/// <summary>A template's tokens as a parser takes them, with Jinja's complaints about what comes instead.</summary>
internal abstract class TokenStream(List<TemplateToken> tokens)
{
    private const int MostDepth = 200;

    private int next;
    private int depth;

    /// <summary>The token to be read.</summary>
    protected TemplateToken Current => tokens[next];

    /// <summary>The token after that.</summary>
    protected TemplateToken Ahead => tokens[Math.Min(next + 1, tokens.Count - 1)];

    /// <summary>Takes the token.</summary>
    protected TemplateToken Take()
    {
        TemplateToken token = Current;
        if (token.Kind != TokenKind.End)
            next++;
        return token;
    }

    /// <summary>Takes an operator if it is next.</summary>
    protected bool Accept(string symbol)
    {
        bool found = Current.Is(symbol);
        next += found ? 1 : 0;
        return found;
    }

    /// <summary>Takes a name if it is next.</summary>
    protected bool AcceptName(string name)
    {
        bool found = Current.IsName(name);
        next += found ? 1 : 0;
        return found;
    }

    /// <summary>Takes an operator that must be next.</summary>
    protected void Expect(string symbol)
    {
        if (!Accept(symbol))
            throw Expected(symbol);
    }

    /// <summary>Takes a token of a kind that must be next.</summary>
    protected TemplateToken Expect(TokenKind kind) => Current.Kind == kind ? Take() : throw Expected(TemplateToken.Describe(kind));

    /// <summary>A complaint about what is next.</summary>
    protected ChatTemplateException Expected(string what) => Fail(Current.Kind == TokenKind.End
        ? $"unexpected end of template, expected '{what}'." : $"expected token '{what}', got {PythonText.Repr(Current.Describe())}");

    /// <summary>A complaint at the current line.</summary>
    protected ChatTemplateException Fail(string reason, int? line = null) => new(reason, line ?? Current.Line);

    /// <summary>Runs a parse one level deeper; too deep is refused.</summary>
    protected T Deeper<T>(Func<T> parse)
    {
        if (++depth > MostDepth)
            throw Fail($"nested more than {MostDepth} deep");
        PythonText.RequireStack();
        T result = parse();
        depth--;
        return result;
    }
}
