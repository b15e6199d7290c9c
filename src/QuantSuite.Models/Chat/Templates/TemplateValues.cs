using System.Collections;
using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

// Values of templates: null (None), bool, BigInteger, double, string, and the types of this file. None of them leads to .NET's own members.

/// <summary>What a missing name or item gives: prints as nothing, is false and empty, and is an error in anything else.</summary>
internal sealed record TemplateUndefined(string Reason)
{
    /// <summary>A name that nothing has.</summary>
    public static TemplateUndefined Name(string name) => new($"{PythonText.Repr(name)} is undefined");

    /// <summary>A member that a value lacks.</summary>
    public static TemplateUndefined Member(object? owner, object? key) => new(key is string
        ? $"{PythonText.Repr(TypeNames.Object(owner))} has no attribute {PythonText.Repr(key)}"
        : $"{TypeNames.Object(owner)} has no element {PythonText.Repr(key)}");

    /// <summary>A member that would change its owner, or is private.</summary>
    public static TemplateUndefined Unsafe(object? owner, string name) =>
        new($"access to attribute {PythonText.Repr(name)} of {PythonText.Repr(TypeNames.Of(owner))} object is unsafe.");
}

/// <summary>A tuple.</summary>
internal sealed class TemplateTuple(IEnumerable<object?> items) : List<object?>(items);

/// <summary>A list.</summary>
internal class TemplateList : List<object?>
{
    public TemplateList()
    {
    }

    public TemplateList(IEnumerable<object?> items)
        : base(items)
    {
    }
}

/// <summary>What <c>range</c> gives.</summary>
internal sealed class TemplateRange(IEnumerable<object?> items, string text) : List<object?>(items)
{
    /// <summary>As it prints.</summary>
    public string Text => text;
}

/// <summary>Keys, values or items of a dictionary; <paramref name="kind"/> is what Python calls them.</summary>
internal sealed class TemplateView(IEnumerable<object?> items, string kind) : List<object?>(items)
{
    /// <summary>dict_keys, dict_values or dict_items.</summary>
    public string Kind => kind;
}

/// <summary>What filters such as <c>map</c> give: it can be run through once, and has no length.</summary>
internal sealed class TemplateGenerator(List<object?> items)
{
    private List<object?> items = items;

    /// <summary>What is left; nothing is, afterwards.</summary>
    public List<object?> Take()
    {
        List<object?> taken = items;
        items = [];
        return taken;
    }

    /// <summary>The next item, if there is one.</summary>
    public bool TryNext(out object? item)
    {
        item = items.Count > 0 ? items[0] : null;
        bool any = items.Count > 0;
        items = any ? items[1..] : items;
        return any;
    }
}

/// <summary>A dictionary in the order of insertion, its keys equal as Python's are (1, 1.0 and true are one key).</summary>
internal sealed class TemplateDict : IEnumerable<KeyValuePair<object?, object?>>
{
    private readonly OrderedDictionary<object, KeyValuePair<object?, object?>> entries = [];

    /// <summary>Number of entries.</summary>
    public int Count => entries.Count;

    /// <summary>Sets a value; a new key goes to the end.</summary>
    public void Set(object? key, object? value)
    {
        object hashed = Hashable(key);
        object? first = entries.TryGetValue(hashed, out var known) ? known.Key : key;
        entries[hashed] = new(first, value);
    }

    /// <summary>The value of a key, if there is one.</summary>
    public bool TryGet(object? key, out object? value)
    {
        bool found = entries.TryGetValue(Hashable(key), out var entry);
        value = entry.Value;
        return found;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object?, object?>> GetEnumerator() => entries.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A value as a key that .NET compares as Python would.</summary>
    public static object Hashable(object? key) => key switch
    {
        null => "None key",
        string text => (text, 0),
        bool flag => flag ? BigInteger.One : BigInteger.Zero,
        double number when Math.Floor(number) == number && !double.IsInfinity(number) => new BigInteger(number),
        BigInteger or double or TemplateUndefined => key,
        TemplateTuple tuple => string.Join('\0', tuple.Select(item => PythonText.Repr(item))),
        TemplateList or TemplateDict => throw new TemplateFault($"unhashable type: {PythonText.Repr(TypeNames.Of(key))}"),
        _ => key,
    };
}

/// <summary>What <c>namespace()</c> gives: the one thing whose attributes a template may set.</summary>
internal sealed class TemplateNamespace
{
    /// <summary>The attributes.</summary>
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called.</summary>
internal sealed record TemplateFunction(string Name, Func<TemplateRun, CallArguments, object?> Call)
{
    /// <summary>Members besides, such as a cycler's <c>next</c>.</summary>
    public Func<string, object?>? Member { get; init; }
}

/// <summary>An error at run time, to be given a line.</summary>
internal sealed class TemplateFault(string message) : Exception(message);

/// <summary>Python's names of types.</summary>
internal static class TypeNames
{
    /// <summary>The type's name, as in TypeError's messages.</summary>
    public static string Of(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        BigInteger => "int",
        double => "float",
        string => "str",
        TemplateTuple => "tuple",
        TemplateRange => "range",
        TemplateView view => view.Kind,
        TemplateList => "list",
        TemplateDict => "dict",
        TemplateGenerator => "generator",
        TemplateUndefined => "Undefined",
        TemplateNamespace => "Namespace",
        LoopState => "LoopContext",
        TemplateFunction => "function",
        _ => "object",
    };

    /// <summary>As Jinja's messages name an object.</summary>
    public static string Object(object? value) => value is null ? "None" : $"{Of(value)} object";
}
