namespace QuantSuite.Evaluation.Statistics;

/// <summary>Items that share a document are one draw, not several.</summary>
public static class Clusters
{
    /// <summary>The number of each item's cluster, counted in order of appearance. An empty name is a cluster of its own.</summary>
    public static int[] Index(IReadOnlyList<string> names, out int count)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = new int[names.Count];
        int next = 0;
        for (int i = 0; i < index.Length; i++)
        {
            if (names[i].Length == 0)
                index[i] = next++;
            else if (!known.TryGetValue(names[i], out index[i]))
                known[names[i]] = index[i] = next++;
        }
        count = next;
        return index;
    }
}
