namespace QuantSuite.Evaluation;

/// <summary>Numbers of an item by name, in ordinal order, so that files list them alike.</summary>
internal static class ItemValues
{
    /// <summary>The values and more, of which equal names replace the old ones.</summary>
    public static SortedDictionary<string, double> With(this IReadOnlyDictionary<string, double> values, params ReadOnlySpan<(string Name, double Value)> more)
    {
        var all = new SortedDictionary<string, double>(values.ToDictionary(), StringComparer.Ordinal);
        foreach ((string name, double value) in more)
            all[name] = value;
        return all;
    }
}
