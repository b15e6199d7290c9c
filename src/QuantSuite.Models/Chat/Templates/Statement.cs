namespace QuantSuite.Models.Chat.Templates;

/// <summary>What a statement did to the loop around it.</summary>
internal enum Flow
{
    /// <summary>Nothing.</summary>
    Next,

    /// <summary>Ends it.</summary>
    Break,

    /// <summary>Goes on with its next item.</summary>
    Continue,
}

/// <summary>A part of a template that writes or sets something.</summary>
internal abstract record Statement(int Line)
{
    /// <summary>Runs statements in a row, until one leaves the loop around them.</summary>
    public static Flow RunAll(IReadOnlyList<Statement> body, TemplateRun run, TemplateScope scope)
    {
        foreach (Statement statement in body)
            if (statement.Run(run, scope) is not Flow.Next and Flow flow)
                return flow;
        return Flow.Next;
    }

    /// <summary>Runs the statement.</summary>
    public Flow Run(TemplateRun run, TemplateScope scope)
    {
        run.Spend(1);
        PythonText.RequireStack();
        run.Line = Line;
        return Execute(run, scope);
    }

    /// <summary>Does what the statement is for.</summary>
    protected abstract Flow Execute(TemplateRun run, TemplateScope scope);
}

/// <summary>Text between tags.</summary>
internal sealed record TextStatement(string Text, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        run.Write(Text);
        return Flow.Next;
    }
}

/// <summary><c>{{ … }}</c>.</summary>
internal sealed record PrintStatement(Expression Value, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        run.Write(PythonText.Str(Value.Evaluate(run, scope)));
        return Flow.Next;
    }
}

/// <summary><c>if</c>, <c>elif</c>, <c>else</c>: no scope of their own.</summary>
internal sealed record IfStatement(IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else, int Line)
    : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        foreach ((Expression condition, IReadOnlyList<Statement> body) in Branches)
            if (PythonOperators.IsTrue(condition.Evaluate(run, scope)))
                return RunAll(body, run, scope);
        return RunAll(Else, run, scope);
    }
}

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record JumpStatement(Flow Flow, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope) => Flow;
}

/// <summary>What a value is given to: names, or an attribute of a namespace.</summary>
internal abstract record Target(int Line)
{
    /// <summary>Gives it the value.</summary>
    public abstract void Assign(TemplateRun run, TemplateScope scope, object? value);
}

/// <summary>A name.</summary>
internal sealed record NameTarget(string Name, int Line) : Target(Line)
{
    /// <inheritdoc/>
    public override void Assign(TemplateRun run, TemplateScope scope, object? value) => scope.Set(Name, value);
}

/// <summary><c>namespace.attribute</c>.</summary>
internal sealed record AttributeTarget(string Owner, string Name, int Line) : Target(Line)
{
    /// <inheritdoc/>
    public override void Assign(TemplateRun run, TemplateScope scope, object? value)
    {
        if (scope.Get(Owner) is not TemplateNamespace space)
            throw new TemplateFault("cannot assign attribute on non-namespace object");
        space.Attributes[Name] = value;
    }
}

/// <summary>Several, one for each item of the value.</summary>
internal sealed record TupleTarget(IReadOnlyList<Target> Items, int Line) : Target(Line)
{
    /// <inheritdoc/>
    public override void Assign(TemplateRun run, TemplateScope scope, object? value)
    {
        List<object?> values = Members.Iterate(run, value);
        if (values.Count != Items.Count)
            throw new TemplateFault(values.Count > Items.Count ? $"too many values to unpack (expected {Items.Count})"
                : $"not enough values to unpack (expected {Items.Count}, got {values.Count})");
        for (int i = 0; i < values.Count; i++)
            Items[i].Assign(run, scope, values[i]);
    }
}

/// <summary><c>set a = …</c>.</summary>
internal sealed record SetStatement(Target Target, Expression Value, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        Target.Assign(run, scope, Value.Evaluate(run, scope));
        return Flow.Next;
    }
}

/// <summary><c>set a</c> … <c>endset</c>, with filters; and, without a target, <c>filter</c> … <c>endfilter</c>.</summary>
internal sealed record CaptureStatement(Target? Target, IReadOnlyList<FilterExpression> Filters, IReadOnlyList<Statement> Body, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        object? value = run.Capture(() => RunAll(Body, run, inner));
        foreach (FilterExpression filter in Filters)
            value = filter.Apply(run, inner, value);
        if (Target is null)
            run.Write(PythonText.Str(value));
        else
            Target.Assign(run, scope, value);
        return Flow.Next;
    }
}

/// <summary><c>with</c> … <c>endwith</c>, and <c>generation</c> … <c>endgeneration</c>, which sets nothing: a scope.</summary>
internal sealed record WithStatement(IReadOnlyList<(Target Target, Expression Value)> Values, IReadOnlyList<Statement> Body, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        List<object?> values = Values.Select(entry => entry.Value.Evaluate(run, scope)).ToList();
        for (int i = 0; i < values.Count; i++)
            Values[i].Target.Assign(run, inner, values[i]);
        return RunAll(Body, run, inner);
    }
}
