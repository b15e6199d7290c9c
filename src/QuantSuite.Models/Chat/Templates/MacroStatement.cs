namespace QuantSuite.Models.Chat.Templates;

/// <summary>Parameters and body of a macro, or of a call block.</summary>
/// <param name="Uses">Which of <c>varargs</c>, <c>kwargs</c> and <c>caller</c> the body names: only then may a call give more than the parameters.</param>
internal sealed record MacroBody(
    string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlySet<string> Uses, IReadOnlyList<Statement> Body)
{
    /// <summary>The macro as a function of the scope that it stands in.</summary>
    public TemplateFunction Bind(TemplateScope scope) => new(Name, (run, arguments) => run.Capture(() =>
    {
        var inner = new TemplateScope(scope);
        Assign(run, inner, arguments);
        Statement.RunAll(Body, run, inner);
    }))
    {
        Member = member => member == "name" ? Name : TemplateUndefined.Member(null, member),
    };

    private void Assign(TemplateRun run, TemplateScope inner, CallArguments arguments)
    {
        List<(string Name, object? Value)> named = [.. arguments.Named];
        for (int i = 0; i < Parameters.Count; i++)
        {
            (string name, Expression? fallback) = Parameters[i];
            int keyword = named.FindIndex(argument => argument.Name == name);
            object? value = i < arguments.Positional.Count ? arguments.Positional[i]
                : keyword >= 0 ? named[keyword].Value
                : fallback is not null ? fallback.Evaluate(run, inner)
                : new TemplateUndefined($"parameter {PythonText.Repr(name)} was not provided");
            if (keyword >= 0 && i >= arguments.Positional.Count)
                named.RemoveAt(keyword);
            inner.Set(name, value);
        }
        AssignRest(inner, arguments, named);
    }

    private void AssignRest(TemplateScope inner, CallArguments arguments, List<(string Name, object? Value)> named)
    {
        int caller = named.FindIndex(argument => argument.Name == "caller");
        if (Uses.Contains("caller"))
        {
            inner.Set("caller", caller >= 0 ? named[caller].Value : new TemplateUndefined("No caller defined"));
            if (caller >= 0)
                named.RemoveAt(caller);
        }
        if (Uses.Contains("kwargs"))
        {
            var rest = new TemplateDict();
            named.ForEach(argument => rest.Set(argument.Name, argument.Value));
            inner.Set("kwargs", rest);
        }
        else if (named.Count > 0)
            throw new TemplateFault(named[0].Name == "caller" ? $"macro {PythonText.Repr(Name)} was invoked with two values for the special caller argument."
                : $"macro {PythonText.Repr(Name)} takes no keyword argument {PythonText.Repr(named[0].Name)}");
        if (Uses.Contains("varargs"))
            inner.Set("varargs", new TemplateTuple(arguments.Positional.Skip(Parameters.Count)));
        else if (arguments.Positional.Count > Parameters.Count)
            throw new TemplateFault($"macro {PythonText.Repr(Name)} takes not more than {Parameters.Count} argument(s)");
    }
}

/// <summary><c>macro</c> … <c>endmacro</c>.</summary>
internal sealed record MacroStatement(MacroBody Macro, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        scope.Set(Macro.Name, Macro.Bind(scope));
        return Flow.Next;
    }
}

/// <summary><c>call f(…)</c> … <c>endcall</c>: the body is the macro's <c>caller</c>.</summary>
internal sealed record CallStatement(CallExpression Call, MacroBody Caller, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope)
    {
        CallArguments arguments = Call.Arguments.Evaluate(run, scope);
        arguments.Named.Add(("caller", Caller.Bind(scope)));
        run.Write(PythonText.Str(CallExpression.Call(run, Call.Callee.Evaluate(run, scope), arguments)));
        return Flow.Next;
    }
}
