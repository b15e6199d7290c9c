using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>The functions that every template has.</summary>
internal static class Globals
{
    private const int MostRange = 100_000;

    /// <summary>Sets them.</summary>
    public static void Define(TemplateScope scope)
    {
        foreach (TemplateFunction function in (TemplateFunction[])
        [
            BuiltIn.Function("range", "first, second?, step?", (run, a) => Range(run, a)),
            new("dict", MakeDict),
            new("namespace", MakeNamespace),
            new("cycler", (_, arguments) => MakeCycler(arguments.Positional)),
            BuiltIn.Function("joiner", "sep?", (_, a) => MakeJoiner(a.Has(0) ? a.Text(0) : ", ")),
            BuiltIn.Function("raise_exception", "message", (_, a) => throw new TemplateFault(PythonText.Str(a[0]))),
            BuiltIn.Function("strftime_now", "format", (run, a) => run.Made(PythonDate.Format(run.Clock, a.Text(0)))),
        ])
            scope.Set(function.Name, function);
    }

    /// <summary><c>dict(…)</c>: entries of a dictionary or of pairs, and keywords.</summary>
    public static TemplateDict MakeDict(TemplateRun run, CallArguments arguments)
    {
        var dict = new TemplateDict();
        if (arguments.Positional.Count > 1)
            throw new TemplateFault($"dict expected at most 1 argument, got {arguments.Positional.Count}");
        if (arguments.Positional is [TemplateDict other])
            foreach ((object? key, object? value) in other)
                dict.Set(key, value);
        else if (arguments.Positional is [var pairs])
            foreach (object? pair in Members.Iterate(run, pairs))
                dict.Set(Pair(run, pair)[0], Pair(run, pair)[1]);
        foreach ((string name, object? value) in arguments.Named)
            dict.Set(name, value);
        run.Spend(dict.Count);
        return dict;
    }

    private static List<object?> Pair(TemplateRun run, object? value) => Members.Iterate(run, value) is { Count: 2 } pair ? pair
        : throw new TemplateFault("dictionary update sequence elements must be pairs");

    private static TemplateNamespace MakeNamespace(TemplateRun run, CallArguments arguments)
    {
        var space = new TemplateNamespace();
        foreach ((object? key, object? value) in MakeDict(run, arguments))
            space.Attributes[PythonText.Str(key)] = value;
        return space;
    }

    private static TemplateRange Range(TemplateRun run, BoundArguments arguments)
    {
        bool single = !arguments.Has(1);
        BigInteger start = single ? 0 : Whole(arguments[0]), stop = Whole(arguments[single ? 0 : 1]);
        BigInteger step = arguments.Has(2) ? Whole(arguments[2]) : 1;
        if (step.IsZero)
            throw new TemplateFault("range() arg 3 must not be zero");
        BigInteger count = BigInteger.Max(0, PythonNumber.FloorDivide(stop - start + step - step.Sign, step));
        if (count > MostRange)
            throw new TemplateFault($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MostRange}).");
        run.Spend((long)count);
        return new TemplateRange(Enumerable.Range(0, (int)count).Select(i => (object?)(start + i * step)),
            step.IsOne ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})");
    }

    private static BigInteger Whole(object? value) => PythonNumber.AsInteger(PythonOperators.Defined(value))
        ?? throw new TemplateFault($"{PythonText.Repr(TypeNames.Of(value))} object cannot be interpreted as an integer");

    private static TemplateFunction MakeCycler(List<object?> items)
    {
        if (items.Count == 0)
            throw new TemplateFault("at least one item has to be provided");
        int place = 0;
        TemplateFunction next = BuiltIn.Function("next", "", (_, _) => items[place++ % items.Count]);
        TemplateFunction reset = BuiltIn.Function("reset", "", (_, _) =>
        {
            place = 0;
            return null;
        });
        return new TemplateFunction("cycler", (_, _) => throw new TemplateFault("'Cycler' object is not callable"))
        {
            Member = name => name switch { "next" => next, "reset" => reset, "current" => items[place % items.Count], _ => null },
        };
    }

    private static TemplateFunction MakeJoiner(string separator)
    {
        bool used = false;
        return new TemplateFunction("joiner", (_, _) =>
        {
            bool first = !used;
            used = true;
            return first ? "" : separator;
        });
    }
}
