using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>A part of a template that has a value.</summary>
internal abstract record Expression(int Line)
{
    /// <summary>The value in a scope.</summary>
    public object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Spend(1);
        PythonText.RequireStack();
        run.Line = Line;
        return Compute(run, scope);
    }

    /// <summary>The value, computed.</summary>
    protected abstract object? Compute(TemplateRun run, TemplateScope scope);
}

/// <summary>A literal.</summary>
internal sealed record Constant(object? Value, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) => Value;
}

/// <summary>A name.</summary>
internal sealed record NameExpression(string Name, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) => scope.Get(Name);
}

/// <summary><c>[…]</c> or <c>(…, …)</c>.</summary>
internal sealed record ItemsExpression(IReadOnlyList<Expression> Items, bool IsTuple, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        List<object?> items = Items.Select(item => item.Evaluate(run, scope)).ToList();
        return IsTuple ? new TemplateTuple(items) : new TemplateList(items);
    }
}

/// <summary><c>{…: …}</c>.</summary>
internal sealed record DictExpression(IReadOnlyList<(Expression Key, Expression Value)> Entries, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        var dict = new TemplateDict();
        foreach ((Expression key, Expression value) in Entries)
            dict.Set(key.Evaluate(run, scope), value.Evaluate(run, scope));
        return dict;
    }
}

/// <summary><c>a.b</c>: an attribute, else an item.</summary>
internal sealed record AttributeExpression(Expression Owner, string Name, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) => Members.Attribute(run, Owner.Evaluate(run, scope), Name);
}

/// <summary><c>a[b]</c>: an item, else an attribute.</summary>
internal sealed record ItemExpression(Expression Owner, Expression Key, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) => Members.Item(run, Owner.Evaluate(run, scope), Key.Evaluate(run, scope));
}

/// <summary><c>a[b:c:d]</c>.</summary>
internal sealed record SliceExpression(Expression Owner, Expression? Start, Expression? Stop, Expression? Step, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        object? owner = Owner.Evaluate(run, scope);
        return Members.Slice(run, owner, Part(Start), Part(Stop), Part(Step));

        int? Part(Expression? part) => part?.Evaluate(run, scope) is { } value
            ? PythonNumber.Index(PythonOperators.Defined(value)) : null;
    }
}

/// <summary>Arguments as a call writes them.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Star, Expression? DoubleStar)
{
    /// <summary>No arguments.</summary>
    public static ArgumentList None { get; } = new([], [], null, null);

    /// <summary>Their values.</summary>
    public CallArguments Evaluate(TemplateRun run, TemplateScope scope)
    {
        List<object?> positional = Positional.Select(argument => argument.Evaluate(run, scope)).ToList();
        if (Star is not null)
            positional.AddRange(Members.Iterate(run, Star.Evaluate(run, scope)));
        List<(string, object?)> named = Named.Select(argument => (argument.Name, argument.Value.Evaluate(run, scope))).ToList();
        if (DoubleStar?.Evaluate(run, scope) is TemplateDict dict)
            named.AddRange(dict.Select(entry => (PythonText.Str(entry.Key), entry.Value)));
        else if (DoubleStar is not null)
            throw new TemplateFault("argument after ** must be a mapping");
        return new CallArguments(positional, named);
    }
}

/// <summary><c>f(…)</c>.</summary>
internal sealed record CallExpression(Expression Callee, ArgumentList Arguments, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) =>
        Call(run, Callee.Evaluate(run, scope), Arguments.Evaluate(run, scope));

    /// <summary>Calls a value.</summary>
    public static object? Call(TemplateRun run, object? callee, CallArguments arguments) => PythonOperators.Defined(callee) switch
    {
        TemplateFunction function => run.Nest(() => function.Call(run, arguments)),
        LoopState loop => run.Nest(() => loop.Call(arguments)),
        _ => throw new TemplateFault($"{PythonText.Repr(TypeNames.Of(callee))} object is not callable"),
    };
}

/// <summary><c>a | f(…)</c>; without a value in a filter block.</summary>
internal sealed record FilterExpression(Expression? Value, string Name, ArgumentList Arguments, int Line) : Expression(Line)
{
    /// <summary>The value after the filter.</summary>
    public object? Apply(TemplateRun run, TemplateScope scope, object? value)
    {
        CallArguments arguments = Arguments.Evaluate(run, scope);
        return Filters.Apply(run, Name, arguments with { Positional = [value, .. arguments.Positional] });
    }

    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) => Apply(run, scope, Value!.Evaluate(run, scope));
}

/// <summary><c>a is t(…)</c>.</summary>
internal sealed record TestExpression(Expression Value, string Name, ArgumentList Arguments, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        object? value = Value.Evaluate(run, scope);
        CallArguments arguments = Arguments.Evaluate(run, scope);
        return Tests.Holds(run, Name, arguments with { Positional = [value, .. arguments.Positional] });
    }
}

/// <summary><c>not</c>, <c>-</c> or <c>+</c>.</summary>
internal sealed record UnaryExpression(string Symbol, Expression Value, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        object? value = Value.Evaluate(run, scope);
        return Symbol == "not" ? !PythonOperators.IsTrue(value)
            : Symbol == "-" ? PythonOperators.Negate(value)
            : PythonNumber.AsDouble(PythonOperators.Defined(value)) is null ? PythonOperators.Negate(value)
            : value is bool flag ? new BigInteger(flag ? 1 : 0) : value;
    }
}

/// <summary><c>and</c> or <c>or</c>: the operand that decides.</summary>
internal sealed record LogicExpression(bool IsAnd, Expression Left, Expression Right, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        object? left = Left.Evaluate(run, scope);
        return PythonOperators.IsTrue(left) == IsAnd ? Right.Evaluate(run, scope) : left;
    }
}

/// <summary><c>a &lt; b &lt;= c</c>.</summary>
internal sealed record CompareExpression(Expression First, IReadOnlyList<(string Symbol, Expression Value)> Rest, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope)
    {
        object? left = First.Evaluate(run, scope);
        foreach ((string symbol, Expression value) in Rest)
        {
            object? right = value.Evaluate(run, scope);
            if (!PythonOperators.Holds(symbol, left, right))
                return false;
            left = right;
        }
        return true;
    }
}

/// <summary>Arithmetic.</summary>
internal sealed record MathExpression(string Symbol, Expression Left, Expression Right, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) =>
        PythonOperators.Calculate(run, Symbol, Left.Evaluate(run, scope), Right.Evaluate(run, scope));
}

/// <summary><c>a ~ b</c>.</summary>
internal sealed record ConcatExpression(IReadOnlyList<Expression> Parts, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) =>
        run.Made(string.Concat(Parts.Select(part => PythonText.Str(part.Evaluate(run, scope)))));
}

/// <summary><c>a if b else c</c>; without else undefined.</summary>
internal sealed record ConditionalExpression(Expression Condition, Expression Value, Expression? Otherwise, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    protected override object? Compute(TemplateRun run, TemplateScope scope) =>
        PythonOperators.IsTrue(Condition.Evaluate(run, scope)) ? Value.Evaluate(run, scope)
        : Otherwise is not null ? Otherwise.Evaluate(run, scope)
        : new TemplateUndefined("the inline if-expression evaluated to false and no else section was defined.");
}
