using System.Globalization;
using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Jinja's filters over sequences and dictionaries.</summary>
internal static class SequenceFilters
{
    /// <summary>The filters.</summary>
    public static IReadOnlyList<BuiltIn> All { get; } =
    [
        new("batch", "value, linecount, fill_with?", (run, a) => new TemplateGenerator(Batch(Members.Iterate(run, a[0]), Math.Max(1, a.Integer(1)), a[2], run))),
        new("count", "value", (_, a) => Length(a[0])),
        new("length", "value", (_, a) => Length(a[0])),
        new("dictsort", "value, case_sensitive?, by?, reverse?", SortDict),
        new("first", "value", (run, a) => First(run, a[0])),
        new("last", "value", (run, a) => Members.Iterate(run, a[0]) is { Count: > 0 } items ? items[^1] : Empty("last")),
        new("groupby", "value, attribute, default?, case_sensitive?", Group),
        new("items", "value", (run, a) => Items(run, a[0])),
        new("join", "value, d?, attribute?", Join),
        new("list", "value", (run, a) => new TemplateList(Members.Iterate(run, a[0]))),
        new("map", "value, *", Map),
        new("min", "value, case_sensitive?, attribute?", (run, a) => Extreme(run, a, -1)),
        new("max", "value, case_sensitive?, attribute?", (run, a) => Extreme(run, a, 1)),
        new("reject", "value, *", (run, a) => Select(run, a, ofAttribute: false, keep: false)),
        new("rejectattr", "value, *", (run, a) => Select(run, a, ofAttribute: true, keep: false)),
        new("select", "value, *", (run, a) => Select(run, a, ofAttribute: false, keep: true)),
        new("selectattr", "value, *", (run, a) => Select(run, a, ofAttribute: true, keep: true)),
        new("reverse", "value", Reverse),
        new("slice", "value, slices, fill_with?", (run, a) => new TemplateGenerator(Slice(run, Members.Iterate(run, a[0]), a))),
        new("sort", "value, reverse?, case_sensitive?, attribute?", Sort),
        new("sum", "value, attribute?, start?", Sum),
        new("unique", "value, case_sensitive?, attribute?", Unique),
    ];

    private static BigInteger Length(object? value) => Members.Length(value) is int length ? length
        : throw new TemplateFault($"object of type {PythonText.Repr(TypeNames.Of(value))} has no len()");

    // Nothing, where the value is false, whatever it is.
    private static List<object?> IterateIfTrue(TemplateRun run, object? value) => PythonOperators.IsTrue(value) ? Members.Iterate(run, value) : [];

    private static TemplateUndefined Empty(string filter) => new($"No {filter} item, sequence was empty.");

    private static object? First(TemplateRun run, object? value)
    {
        if (value is TemplateGenerator generator)
            return generator.TryNext(out object? next) ? next : Empty("first");
        return Members.Iterate(run, value) is { Count: > 0 } items ? items[0] : Empty("first");
    }

    private static List<object?> Batch(List<object?> items, int size, object? fill, TemplateRun run)
    {
        var batches = items.Chunk(size).Select(chunk => new TemplateList(chunk)).ToList();
        if (fill is not null && batches is [.., { } last])
        {
            run.Spend(size - last.Count);
            last.AddRange(Enumerable.Repeat(fill, size - last.Count));
        }
        return batches.ToList<object?>();
    }

    private static List<object?> Slice(TemplateRun run, List<object?> items, BoundArguments a)
    {
        int count = a.Integer(1), start = 0;
        if (count <= 0)
            throw new TemplateFault("integer division or modulo by zero");
        run.Spend(count);
        var slices = new List<object?>();
        for (int i = 0; i < count; i++)
        {
            bool isLong = i < items.Count % count;
            int length = items.Count / count + (isLong ? 1 : 0);
            var slice = new TemplateList(items.GetRange(start, length));
            if (a[2] is not null && !isLong)
                slice.Add(a[2]);
            slices.Add(slice);
            start += length;
        }
        return slices;
    }

    // The value at a path such as "address.city"; case is folded where asked.
    private static object? Path(TemplateRun run, object? item, object? attribute, bool ignoreCase, object? fallback = null)
    {
        foreach (object? part in Parts(attribute))
        {
            item = Members.Item(run, item, part);
            if (fallback is not null && item is TemplateUndefined)
                item = fallback;
        }
        return ignoreCase && item is string text ? text.ToLowerInvariant() : item;
    }

    private static IEnumerable<object?> Parts(object? attribute) => attribute switch
    {
        null => [],
        string path => path.Split('.').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit)
            ? BigInteger.Parse(part, CultureInfo.InvariantCulture) : (object?)part),
        _ => [attribute],
    };

    private static List<object?> Keys(TemplateRun run, object? item, object? attributes, bool ignoreCase) =>
        (attributes is string list ? list.Split(',') : new object?[] { attributes }).Select(attribute => Path(run, item, attribute, ignoreCase)).ToList();

    private static List<object?> SortBy(TemplateRun run, List<object?> items, Func<object?, object?> key, bool reverse)
    {
        List<(object? Key, object? Item)> keyed = items.Select(item => (key(item), item)).ToList();
        run.Spend(items.Count * 16L);
        var order = Comparer<object?>.Create((left, right) => reverse ? PythonOperators.Compare(right, left, "<") : PythonOperators.Compare(left, right, "<"));
        try
        {
            return keyed.OrderBy(entry => entry.Key, order).Select(entry => entry.Item).ToList();
        }
        catch (InvalidOperationException wrapped) when (wrapped.InnerException is TemplateFault fault)
        {
            throw fault;
        }
    }

    private static object? Sort(TemplateRun run, BoundArguments a) => new TemplateList(
        SortBy(run, Members.Iterate(run, a[0]), item => new TemplateList(Keys(run, item, a[3], !a.Flag(2))), a.Flag(1)));

    private static object? SortDict(TemplateRun run, BoundArguments a)
    {
        if (a[0] is not TemplateDict dict)
            throw new TemplateFault($"{PythonText.Repr(TypeNames.Object(a[0]))} has no attribute 'items'");
        int place = (a.Has(2) ? a.Text(2) : "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new TemplateFault("You can only sort by either \"key\" or \"value\""),
        };
        List<object?> items = dict.Select(entry => (object?)new TemplateTuple([entry.Key, entry.Value])).ToList();
        return new TemplateList(SortBy(run, items, Key, a.Flag(3)));

        object? Key(object? item) => ((TemplateTuple)item!)[place] is string text && !a.Flag(1) ? text.ToLowerInvariant() : ((TemplateTuple)item!)[place];
    }

    private static object? Group(TemplateRun run, BoundArguments a)
    {
        bool ignoreCase = !a.Flag(3);
        List<object?> sorted = SortBy(run, Members.Iterate(run, a[0]), item => Path(run, item, a[1], ignoreCase, a[2]), reverse: false);
        var groups = new TemplateList();
        object? last = null;
        foreach (object? item in sorted)
        {
            object? key = Path(run, item, a[1], ignoreCase, a[2]);
            if (groups.Count == 0 || !PythonOperators.AreEqual(key, last))
                groups.Add(new TemplateTuple([Path(run, item, a[1], false, a[2]), new TemplateList()]));
            ((TemplateList)((TemplateTuple)groups[^1]!)[1]!).Add(item);
            last = key;
        }
        return groups;
    }

    private static object? Items(TemplateRun run, object? value) => value switch
    {
        TemplateUndefined => new TemplateGenerator([]),
        TemplateDict dict => new TemplateGenerator(run.Made(dict.Select(entry => (object?)new TemplateTuple([entry.Key, entry.Value])).ToList())),
        _ => throw new TemplateFault("Can only get item pairs from a mapping."),
    };

    private static object? Join(TemplateRun run, BoundArguments a)
    {
        IEnumerable<object?> texts = Members.Iterate(run, a[0]).Select(item => (object?)PythonText.Str(Path(run, item, a[2], false)));
        return StringMethods.Join(run, a.Has(1) ? PythonText.Str(a[1]) : "", new TemplateList(texts));
    }

    private static object? Map(TemplateRun run, BoundArguments a)
    {
        List<object?> items = IterateIfTrue(run, a[0]);
        if (a.Rest.Count == 0 && a.Others.FindIndex(argument => argument.Name == "attribute") is >= 0 and int place)
        {
            object? fallback = a.Others.Find(argument => argument.Name == "default").Value;
            if (a.Others.Find(argument => argument.Name is not ("attribute" or "default")).Name is { } unexpected)
                throw new TemplateFault($"Unexpected keyword argument {PythonText.Repr(unexpected)}");
            return new TemplateGenerator(items.ConvertAll(item => Path(run, item, a.Others[place].Value, false, fallback)));
        }
        if (a.Rest is not [string name, ..])
            throw new TemplateFault("map requires a filter argument");
        return new TemplateGenerator(items.ConvertAll(item => Filters.Apply(run, name, new CallArguments([item, .. a.Rest[1..]], a.Others))));
    }

    private static object? Select(TemplateRun run, BoundArguments a, bool ofAttribute, bool keep)
    {
        if (ofAttribute && a.Rest.Count == 0)
            throw new TemplateFault("Missing parameter for attribute name");
        List<object?> rest = ofAttribute ? a.Rest[1..] : a.Rest;
        return new TemplateGenerator(IterateIfTrue(run, a[0]).Where(item => Holds(item) == keep).ToList());

        bool Holds(object? item)
        {
            object? value = ofAttribute ? Path(run, item, a.Rest[0], false) : item;
            return rest.Count == 0 ? PythonOperators.IsTrue(value)
                : Tests.Holds(run, PythonText.Str(rest[0]), new CallArguments([value, .. rest[1..]], a.Others));
        }
    }

    private static object? Reverse(TemplateRun run, BoundArguments a)
    {
        List<object?> items = [.. Members.Iterate(run, a[0])];
        items.Reverse();
        return a[0] is string ? string.Concat(items) : new TemplateGenerator(items);
    }

    private static object? Extreme(TemplateRun run, BoundArguments a, int sign)
    {
        List<object?> items = Members.Iterate(run, a[0]);
        if (items.Count == 0)
            return new TemplateUndefined("No aggregated item, sequence was empty.");
        object? best = items[0];
        foreach (object? item in items)
            if (PythonOperators.Compare(Path(run, item, a[2], !a.Flag(1)), Path(run, best, a[2], !a.Flag(1)), sign < 0 ? "<" : ">") * sign > 0)
                best = item;
        return best;
    }

    private static object? Sum(TemplateRun run, BoundArguments a) => Members.Iterate(run, a[0])
        .Aggregate(a.Has(2) ? a[2] : BigInteger.Zero, (sum, item) => PythonOperators.Calculate(run, "+", sum, Path(run, item, a[1], false)));

    private static object? Unique(TemplateRun run, BoundArguments a)
    {
        var seen = new HashSet<object>();
        return new TemplateGenerator(Members.Iterate(run, a[0]).Where(item => seen.Add(TemplateDict.Hashable(Path(run, item, a[2], !a.Flag(1))))).ToList());
    }
}
