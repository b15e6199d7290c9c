using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary><c>for</c> … <c>else</c> … <c>endfor</c>: each item in a scope of its own.</summary>
internal sealed record ForStatement(
    Target Target, Expression Items, Expression? Condition, bool IsRecursive, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else, int Line)
    : Statement(Line)
{
    /// <inheritdoc/>
    protected override Flow Execute(TemplateRun run, TemplateScope scope) => Loop(run, scope, Items.Evaluate(run, scope), 0);

    private Flow Loop(TemplateRun run, TemplateScope scope, object? value, int depth)
    {
        List<object?> items = Select(run, scope, Members.Iterate(run, value));
        if (items.Count == 0)
            return RunAll(Else, run, new TemplateScope(scope));
        var loop = new LoopState(items, depth, IsRecursive ? deeper => Recurse(run, scope, deeper, depth + 1) : null);
        for (; loop.Index < items.Count; loop.Index++)
        {
            var inner = new TemplateScope(scope);
            inner.Set("loop", loop);
            Target.Assign(run, inner, items[loop.Index]);
            if (RunAll(Body, run, inner) == Flow.Break)
                break;
        }
        return Flow.Next;
    }

    private string Recurse(TemplateRun run, TemplateScope scope, object? items, int depth) =>
        run.Nest(() => run.Capture(() => Loop(run, scope, items, depth)));

    private List<object?> Select(TemplateRun run, TemplateScope scope, List<object?> items)
    {
        if (Condition is null)
            return items;
        return items.Where(item =>
        {
            var inner = new TemplateScope(scope);
            Target.Assign(run, inner, item);
            return PythonOperators.IsTrue(Condition.Evaluate(run, inner));
        }).ToList();
    }
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class LoopState(List<object?> items, int depth, Func<object?, string>? recurse)
{
    private object? lastChanged;
    private bool hasChanged;

    /// <summary>The place of the current item, from 0.</summary>
    public int Index { get; set; }

    /// <summary>An attribute of it.</summary>
    public object? Member(string name) => name switch
    {
        "index" => new BigInteger(Index + 1),
        "index0" => new BigInteger(Index),
        "revindex" => new BigInteger(items.Count - Index),
        "revindex0" => new BigInteger(items.Count - Index - 1),
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => new BigInteger(items.Count),
        "depth" => new BigInteger(depth + 1),
        "depth0" => new BigInteger(depth),
        "previtem" => Index > 0 ? items[Index - 1] : new TemplateUndefined("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new TemplateUndefined("there is no next item"),
        "cycle" => new TemplateFunction("cycle", (_, arguments) => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count] : throw new TemplateFault("no items for cycling given")),
        "changed" => new TemplateFunction("changed", (_, arguments) => Changed(new TemplateTuple(arguments.Positional))),
        _ => TemplateUndefined.Member(this, name),
    };

    /// <summary><c>loop(items)</c> in a recursive loop.</summary>
    public object? Call(CallArguments arguments) => recurse is null
        ? throw new TemplateFault("The loop must have the 'recursive' marker to be called recursively.")
        : recurse(arguments.Positional is [var items] ? items : throw new TemplateFault("loop() takes exactly one argument"));

    private bool Changed(TemplateTuple value)
    {
        bool changed = !hasChanged || !PythonOperators.AreEqual(lastChanged, value);
        (lastChanged, hasChanged) = (value, true);
        return changed;
    }
}
