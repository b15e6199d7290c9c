namespace QuantSuite.Models.Chat.Templates;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,

    /// <summary><c>{{</c></summary>
    VariableBegin,

    /// <summary><c>}}</c></summary>
    VariableEnd,

    /// <summary><c>{%</c></summary>
    BlockBegin,

    /// <summary><c>%}</c></summary>
    BlockEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string literal, its escapes resolved.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a point or an exponent.</summary>
    Float,

    /// <summary>An operator or bracket.</summary>
    Operator,

    /// <summary>The template's end.</summary>
    End,
}

/// <summary>A token and the line that it begins on.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, int Line)
{
    /// <summary>Whether it is this operator.</summary>
    public bool Is(string symbol) => Kind == TokenKind.Operator && Text == symbol;

    /// <summary>Whether it is this name.</summary>
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    /// <summary>As Jinja's messages show it.</summary>
    public string Describe() => Kind is TokenKind.Name or TokenKind.Operator ? Text : Describe(Kind);

    /// <summary>A kind as Jinja's messages show it.</summary>
    public static string Describe(TokenKind kind) => kind switch
    {
        TokenKind.Data => "template data / text",
        TokenKind.VariableBegin => "begin of print statement",
        TokenKind.VariableEnd => "end of print statement",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.End => "end of template",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
