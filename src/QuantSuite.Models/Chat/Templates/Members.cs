using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>
/// Attributes, items, slices and iteration of values. Attributes are a fixed list for each type: nothing is looked up by reflection, and what would change a
/// value is refused, as in Jinja's immutable sandbox.
/// </summary>
internal static class Members
{
    private static readonly HashSet<string> ListChanges = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];
    private static readonly HashSet<string> DictChanges = ["clear", "pop", "popitem", "setdefault", "update"];

    /// <summary><c>owner.name</c>: a method or attribute, else an item.</summary>
    public static object? Attribute(TemplateRun run, object? owner, string name) =>
        TryAttribute(run, PythonOperators.Defined(owner), name, out object? value) || TryItem(owner, name, out value)
            ? value : TemplateUndefined.Member(owner, name);

    /// <summary><c>owner[key]</c>: an item, else a method or attribute.</summary>
    public static object? Item(TemplateRun run, object? owner, object? key) =>
        TryItem(PythonOperators.Defined(owner), PythonOperators.Defined(key), out object? value)
            || (key is string name && TryAttribute(run, owner, name, out value))
            ? value : TemplateUndefined.Member(owner, key);

    /// <summary><c>owner[start:stop:step]</c>, by code points in a text.</summary>
    public static object? Slice(TemplateRun run, object? owner, int? start, int? stop, int? step)
    {
        if (step == 0)
            throw new TemplateFault("slice step cannot be zero");
        if (PythonOperators.Defined(owner) is string text)
            return string.Concat(Cut(run.Made(PythonText.Characters(text)), start, stop, step ?? 1));
        if (owner is not List<object?> items || owner is TemplateView)
            throw new TemplateFault(owner is TemplateDict ? "unhashable type: 'slice'" : $"{PythonText.Repr(TypeNames.Of(owner))} object is not subscriptable");
        IEnumerable<object?> cut = Cut(run.Made(items), start, stop, step ?? 1);
        return owner is TemplateTuple ? new TemplateTuple(cut) : new TemplateList(cut);
    }

    /// <summary>The items of a value: a text's characters, a dictionary's keys.</summary>
    public static List<object?> Iterate(TemplateRun run, object? value) => value switch
    {
        TemplateUndefined => [],
        string text => run.Made(PythonText.Characters(text)),
        List<object?> items => run.Made(items),
        TemplateDict dict => run.Made(dict.Select(entry => entry.Key).ToList()),
        TemplateGenerator generator => run.Made(generator.Take()),
        _ => throw new TemplateFault($"{PythonText.Repr(TypeNames.Of(value))} object is not iterable"),
    };

    /// <summary>Number of items, or null for a value that has no length.</summary>
    public static int? Length(object? value) => value switch
    {
        TemplateUndefined => 0,
        string text => PythonText.Length(text),
        List<object?> items => items.Count,
        TemplateDict dict => dict.Count,
        LoopState loop => (int)(BigInteger)loop.Member("length")!,
        _ => null,
    };

    private static bool TryItem(object? owner, object? key, out object? value)
    {
        value = null;
        if (owner is TemplateDict dict)
            return key is not (TemplateList or TemplateDict) && dict.TryGet(key, out value);
        if (PythonNumber.AsInteger(key) is not BigInteger place || owner is TemplateView)
            return false;
        List<object?>? items = owner as List<object?> ?? (owner is string text ? PythonText.Characters(text) : null);
        if (items is null)
            return false;
        place += place < 0 ? items.Count : 0;
        if (place < 0 || place >= items.Count)
            return false;
        value = items[(int)place];
        return true;
    }

    private static bool TryAttribute(TemplateRun run, object? owner, string name, out object? value)
    {
        value = owner switch
        {
            _ when name.StartsWith('_') => TemplateUndefined.Unsafe(owner, name),
            string text => StringMethods.Find(text, name),
            TemplateView => null,
            TemplateList when ListChanges.Contains(name) => TemplateUndefined.Unsafe(owner, name),
            List<object?> items => ItemsMethod(items, name),
            TemplateDict when DictChanges.Contains(name) => TemplateUndefined.Unsafe(owner, name),
            TemplateDict dict => DictMethod(dict, name),
            LoopState loop => loop.Member(name),
            TemplateFunction function => function.Member?.Invoke(name),
            _ => null,
        };
        if (owner is TemplateNamespace space)
            return space.Attributes.TryGetValue(name, out value);
        run.Spend(1);
        return value is not null;
    }

    private static TemplateFunction? ItemsMethod(List<object?> items, string name) => name switch
    {
        "index" => BuiltIn.Function("index", "value, start?", (_, arguments) =>
            items.FindIndex(Math.Clamp(arguments.Integer(1), 0, items.Count), item => PythonOperators.AreEqual(item, arguments[0])) is >= 0 and int found
                ? new BigInteger(found) : throw new TemplateFault($"{PythonText.Repr(arguments[0])} is not in {TypeNames.Of(items)}")),
        "count" => BuiltIn.Function("count", "value", (_, arguments) => new BigInteger(items.Count(item => PythonOperators.AreEqual(item, arguments[0])))),
        "copy" when items is TemplateList => BuiltIn.Function("copy", "", (run, _) => new TemplateList(run.Made(items))),
        _ => null,
    };

    private static TemplateFunction? DictMethod(TemplateDict dict, string name) => name switch
    {
        "keys" => BuiltIn.Function("keys", "", (run, _) => View(run, dict, entry => entry.Key, "dict_keys")),
        "values" => BuiltIn.Function("values", "", (run, _) => View(run, dict, entry => entry.Value, "dict_values")),
        "items" => BuiltIn.Function("items", "", (run, _) => View(run, dict, entry => new TemplateTuple([entry.Key, entry.Value]), "dict_items")),
        "get" => BuiltIn.Function("get", "key, default?", (_, arguments) => dict.TryGet(arguments[0], out object? value) ? value : arguments[1]),
        "copy" => BuiltIn.Function("copy", "", (run, _) => Globals.MakeDict(run, CallArguments.Of(dict))),
        _ => null,
    };

    private static TemplateView View(TemplateRun run, TemplateDict dict, Func<KeyValuePair<object?, object?>, object?> part, string kind) =>
        new(run.Made(dict.Select(part).ToList()), kind);

    private static IEnumerable<object?> Cut(List<object?> items, int? start, int? stop, int step)
    {
        int count = items.Count, last = step > 0 ? count : count - 1, least = step > 0 ? 0 : -1;
        int first = start is int from ? Math.Clamp(from < 0 ? from + count : from, least, last) : step > 0 ? 0 : count - 1;
        int end = stop is int to ? Math.Clamp(to < 0 ? to + count : to, least, last) : step > 0 ? count : -1;
        for (long i = first; step > 0 ? i < end : i > end; i += step)
            yield return items[(int)i];
    }
}
