using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Jinja's tests, by name.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, BuiltIn> Known = new BuiltIn[]
    {
        new("odd", "value", (run, a) => Leaves(run, a[0], new BigInteger(2), BigInteger.One)),
        new("even", "value", (run, a) => Leaves(run, a[0], new BigInteger(2), BigInteger.Zero)),
        new("divisibleby", "value, num", (run, a) => Leaves(run, a[0], a[1], BigInteger.Zero)),
        new("defined", "value", (_, a) => a[0] is not TemplateUndefined),
        new("undefined", "value", (_, a) => a[0] is TemplateUndefined),
        new("filter", "value", (_, a) => a[0] is string name && Filters.Exists(name)),
        new("test", "value", (_, a) => a[0] is string name && Exists(name)),
        new("none", "value", (_, a) => a[0] is null),
        new("boolean", "value", (_, a) => a[0] is bool),
        new("false", "value", (_, a) => a[0] is false),
        new("true", "value", (_, a) => a[0] is true),
        new("integer", "value", (_, a) => a[0] is BigInteger),
        new("float", "value", (_, a) => a[0] is double),
        new("number", "value", (_, a) => a[0] is bool or BigInteger or double),
        new("string", "value", (_, a) => a[0] is string),
        new("mapping", "value", (_, a) => a[0] is TemplateDict),
        new("sequence", "value", (_, a) => a[0] is string or TemplateDict or TemplateUndefined || a[0] is List<object?> and not TemplateView),
        new("iterable", "value", (_, a) => a[0] is string or TemplateDict or TemplateUndefined or TemplateGenerator or List<object?> or LoopState),
        new("callable", "value", (_, a) => a[0] is TemplateFunction or TemplateUndefined or LoopState),
        new("lower", "value", (_, a) => StringMethods.IsLower(PythonText.Str(a[0]))),
        new("upper", "value", (_, a) => StringMethods.IsUpper(PythonText.Str(a[0]))),
        new("escaped", "value", (_, _) => false),
        new("sameas", "value, other", (_, a) => IsSame(a[0], a[1])),
        new("in", "value, seq", (_, a) => PythonOperators.Contains(a[1], a[0])),
        Comparison("==", "=="), Comparison("eq", "=="), Comparison("equalto", "=="), Comparison("!=", "!="), Comparison("ne", "!="),
        Comparison(">", ">"), Comparison("gt", ">"), Comparison("greaterthan", ">"), Comparison("ge", ">="), Comparison(">=", ">="),
        Comparison("<", "<"), Comparison("lt", "<"), Comparison("lessthan", "<"), Comparison("<=", "<="), Comparison("le", "<="),
    }.ToDictionary(test => test.Name, StringComparer.Ordinal);

    /// <summary>Whether there is such a test.</summary>
    public static bool Exists(string name) => Known.ContainsKey(name);

    /// <summary>Whether a test holds; the value is the first argument.</summary>
    public static bool Holds(TemplateRun run, string name, CallArguments arguments) => Known.TryGetValue(name, out BuiltIn? test)
        ? PythonOperators.IsTrue(test.Call(run, arguments))
        : throw new TemplateFault($"No test named {PythonText.Repr(name)}.");

    private static BuiltIn Comparison(string name, string symbol) => new(name, "value, other", (_, a) => PythonOperators.Holds(symbol, a[0], a[1]));

    private static bool Leaves(TemplateRun run, object? value, object? divisor, BigInteger rest) =>
        PythonOperators.AreEqual(PythonOperators.Calculate(run, "%", value, divisor), rest);

    private static bool IsSame(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (bool a, bool b) => a == b,
        (string a, string b) => a == b,
        (BigInteger a, BigInteger b) => a == b,
        _ => ReferenceEquals(left, right),
    };
}
