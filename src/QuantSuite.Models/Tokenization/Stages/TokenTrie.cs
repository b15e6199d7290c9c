namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Strings with a number each, found as prefixes of a text. An edge (node, UTF-16 unit) is one entry of an open-addressing table: building and walking
/// cost a few nanoseconds a unit, and memory is in proportion to the strings.
/// </summary>
internal sealed class TokenTrie
{
    private const int Root = 0;
    private readonly List<int> values = [-1];
    private ulong[] edges = new ulong[1024];
    private int[] targets = new int[1024];

    /// <summary>Adds a string; a later one of the same text replaces the earlier.</summary>
    public void Add(string text, int value)
    {
        int node = Root;
        foreach (char unit in text)
            node = Step(node, unit) is >= 0 and int next ? next : AddNode(node, unit);
        values[node] = value;
    }

    /// <summary>The longest string that <paramref name="text"/> begins with: its length and number, or (0, -1).</summary>
    public (int Length, int Value) Longest(ReadOnlySpan<char> text)
    {
        (int Length, int Value) longest = (0, -1);
        int node = Root;
        for (int i = 0; i < text.Length && (node = Step(node, text[i])) >= 0; i++)
            if (values[node] >= 0)
                longest = (i + 1, values[node]);
        return longest;
    }

    /// <summary>Begins a walk.</summary>
    public Walk Start() => new(this);

    /// <summary>A walk down the trie, unit by unit.</summary>
    public struct Walk(TokenTrie trie)
    {
        private int node = Root;

        /// <summary>Goes one unit on; false where no string goes on so.</summary>
        public bool Next(char unit) => (node = trie.Step(node, unit)) >= 0;

        /// <summary>The number of the string that ends here, or -1.</summary>
        public readonly int Value => trie.values[node];
    }

    private int Step(int node, char unit)
    {
        ulong edge = Edge(node, unit);
        for (int slot = Slot(edge); edges[slot] != 0; slot = (slot + 1) & (edges.Length - 1))
            if (edges[slot] == edge)
                return targets[slot];
        return -1;
    }

    private int AddNode(int node, char unit)
    {
        values.Add(-1);
        if (values.Count * 2 > edges.Length)
            Grow();
        Put(Edge(node, unit), values.Count - 1);
        return values.Count - 1;
    }

    private void Grow()
    {
        (ulong[] oldEdges, int[] oldTargets) = (edges, targets);
        (edges, targets) = (new ulong[oldEdges.Length * 2], new int[oldEdges.Length * 2]);
        for (int i = 0; i < oldEdges.Length; i++)
            if (oldEdges[i] != 0)
                Put(oldEdges[i], oldTargets[i]);
    }

    private void Put(ulong edge, int target)
    {
        int slot = Slot(edge);
        while (edges[slot] != 0)
            slot = (slot + 1) & (edges.Length - 1);
        (edges[slot], targets[slot]) = (edge, target);
    }

    // Never 0, which marks a free entry.
    private static ulong Edge(int node, char unit) => (ulong)(node + 1) << 16 | unit;

    private int Slot(ulong edge) => (int)(edge * 0x9E37_79B9_7F4A_7C15 >> 32) & (edges.Length - 1);
}
