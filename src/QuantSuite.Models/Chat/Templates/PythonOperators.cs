using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's operators on the values of templates, with its words for what they do not take.</summary>
internal static class PythonOperators
{
    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or TemplateUndefined => false,
        bool flag => flag,
        BigInteger whole => !whole.IsZero,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> items => items.Count > 0,
        TemplateDict dict => dict.Count > 0,
        _ => true,
    };

    /// <summary>Whether two values are equal.</summary>
    public static bool AreEqual(object? left, object? right)
    {
        PythonText.RequireStack();
        if (PythonNumber.AsInteger(left) is BigInteger a && PythonNumber.AsInteger(right) is BigInteger b)
            return a == b;
        if (PythonNumber.AsDouble(left) is double x && PythonNumber.AsDouble(right) is double y)
            return x == y;
        return (left, right) switch
        {
            (null, null) => true,
            (string s, string t) => s == t,
            (TemplateUndefined, TemplateUndefined) => true,
            (List<object?> s, List<object?> t) => s.GetType() == t.GetType() && s.Count == t.Count && s.Zip(t).All(pair => AreEqual(pair.First, pair.Second)),
            (TemplateDict s, TemplateDict t) => s.Count == t.Count && s.All(entry => t.TryGet(entry.Key, out object? other) && AreEqual(entry.Value, other)),
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>The order of two values: negative, 0, positive; <paramref name="symbol"/> is for the message.</summary>
    public static int Compare(object? left, object? right, string symbol)
    {
        if (PythonNumber.AsInteger(left) is BigInteger a && PythonNumber.AsInteger(right) is BigInteger b)
            return a.CompareTo(b);
        if (PythonNumber.AsDouble(left) is double x && PythonNumber.AsDouble(right) is double y)
            return x.CompareTo(y);
        if (left is string s && right is string t)
            return CompareTexts(s, t);
        if (left is List<object?> first && right is List<object?> second && first.GetType() == second.GetType())
            return CompareLists(first, second, symbol);
        Defined(left);
        Defined(right);
        throw new TemplateFault($"{PythonText.Repr(symbol)} not supported between instances of {PythonText.Repr(TypeNames.Of(left))} and {PythonText.Repr(TypeNames.Of(right))}");
    }

    /// <summary>One of <c>== != &lt; &lt;= &gt; &gt;= in notin</c>.</summary>
    public static bool Holds(string symbol, object? left, object? right) => symbol switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "in" => Contains(right, left),
        "not in" => !Contains(right, left),
        _ when PythonNumber.AsDouble(left) is double.NaN || PythonNumber.AsDouble(right) is double.NaN => false,
        "<" => Compare(left, right, symbol) < 0,
        "<=" => Compare(left, right, symbol) <= 0,
        ">" => Compare(left, right, symbol) > 0,
        _ => Compare(left, right, symbol) >= 0,
    };

    /// <summary>Whether a container has a value.</summary>
    public static bool Contains(object? container, object? value) => container switch
    {
        string text => text.Contains(value as string
            ?? throw new TemplateFault($"'in <string>' requires string as left operand, not {TypeNames.Of(Defined(value))}"), StringComparison.Ordinal),
        TemplateDict dict => dict.TryGet(value, out _),
        List<object?> items => items.Exists(item => AreEqual(item, value)),
        TemplateGenerator generator => generator.Take().Exists(item => AreEqual(item, value)),
        TemplateUndefined => false,
        _ => throw new TemplateFault($"argument of type {PythonText.Repr(TypeNames.Of(container))} is not iterable"),
    };

    /// <summary>One of <c>+ - * / // % **</c>.</summary>
    public static object? Calculate(TemplateRun run, string symbol, object? left, object? right)
    {
        Defined(left);
        Defined(right);
        if (PythonNumber.AsInteger(left) is BigInteger a && PythonNumber.AsInteger(right) is BigInteger b)
            return Integers(symbol, a, b);
        if (PythonNumber.AsDouble(left) is double x && PythonNumber.AsDouble(right) is double y)
            return Doubles(symbol, x, y);
        return (symbol, left, right) switch
        {
            ("+", string s, string t) => run.Made(s, t.Length) + t,
            ("+", TemplateTuple s, TemplateTuple t) => new TemplateTuple(run.Made(s, t.Count).Concat(t)),
            ("+", TemplateList s, TemplateList t) => new TemplateList(run.Made(s, t.Count).Concat(t)),
            ("*", string or TemplateList or TemplateTuple, bool or BigInteger) => Repeat(run, left, PythonNumber.Index(right)),
            ("*", bool or BigInteger, string or TemplateList or TemplateTuple) => Repeat(run, right, PythonNumber.Index(left)),
            ("%", string format, _) => PythonFormat.Percent(run, format, right),
            ("+", string, _) => throw new TemplateFault($"can only concatenate str (not \"{TypeNames.Of(right)}\") to str"),
            ("+", TemplateList or TemplateTuple, _) =>
                throw new TemplateFault($"can only concatenate {TypeNames.Of(left)} (not \"{TypeNames.Of(right)}\") to {TypeNames.Of(left)}"),
            _ => throw new TemplateFault($"unsupported operand type(s) for {(symbol == "**" ? "** or pow()" : symbol)}: "
                + $"{PythonText.Repr(TypeNames.Of(left))} and {PythonText.Repr(TypeNames.Of(right))}"),
        };
    }

    /// <summary>Minus a number.</summary>
    public static object Negate(object? value) => Defined(value) switch
    {
        double number => -number,
        bool or BigInteger => -PythonNumber.AsInteger(value)!.Value,
        _ => throw new TemplateFault($"bad operand type for unary -: {PythonText.Repr(TypeNames.Of(value))}"),
    };

    /// <summary>The value itself, if it is defined.</summary>
    public static object? Defined(object? value) => value is TemplateUndefined missing ? throw new TemplateFault(missing.Reason) : value;

    // By code points: UTF-16 puts U+E000 to U+FFFF after the surrogates.
    private static int CompareTexts(string left, string right)
    {
        int i = 0;
        while (i < left.Length && i < right.Length && left[i] == right[i])
            i++;
        if (i == left.Length || i == right.Length)
            return left.Length - right.Length;
        bool isHigh = char.IsSurrogate(left[i]), isOtherHigh = char.IsSurrogate(right[i]);
        return isHigh == isOtherHigh ? left[i] - right[i] : isHigh ? 1 : -1;
    }

    private static int CompareLists(List<object?> left, List<object?> right, string symbol)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
            if (!AreEqual(left[i], right[i]))
                return Compare(left[i], right[i], symbol);
        return left.Count - right.Count;
    }

    private static object Integers(string symbol, BigInteger left, BigInteger right)
    {
        if (symbol is "/" or "//" or "%" && right.IsZero)
            throw new TemplateFault(symbol == "/" ? "division by zero" : "integer division or modulo by zero");
        return symbol switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => PythonNumber.Limited(left * right),
            "/" => (double)left / (double)right,
            "//" => PythonNumber.FloorDivide(left, right),
            "%" => left - PythonNumber.FloorDivide(left, right) * right,
            _ => PythonNumber.Power(left, right),
        };
    }

    private static object Doubles(string symbol, double left, double right)
    {
        if (symbol is "/" or "//" or "%" && right == 0)
            throw new TemplateFault(symbol == "/" ? "float division by zero" : "float floor division by zero");
        double rest = symbol is "%" or "//" ? left % right : 0;
        if (rest != 0 && rest < 0 != right < 0)
            rest += right;
        return symbol switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => Math.Floor((left - rest) / right + 0.5),
            "%" => rest,
            _ => Math.Pow(left, right),
        };
    }

    private static object Repeat(TemplateRun run, object? value, int count)
    {
        count = Math.Max(count, 0);
        if (value is string text)
        {
            run.Spend((long)text.Length * count);
            return string.Concat(Enumerable.Repeat(text, count));
        }
        var items = (List<object?>)value!;
        run.Spend((long)items.Count * count);
        IEnumerable<object?> repeated = Enumerable.Repeat(items, count).SelectMany(item => item);
        return value is TemplateTuple ? new TemplateTuple(repeated) : new TemplateList(repeated);
    }
}
