namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Strings with a number each, found as prefixes of a text. An edge (node, UTF-16 unit) is one entry of an open-addressing table: building and walking
/// cost a few nanoseconds a unit, and memory is in proportion to the strings.
/// </summary>
internal sealed class TokenTrie
{
    private const int Root = 0;

    private Edge[] edges = new Edge[1024];
    private int nodeCount = 1;

    /// <summary>Adds a string; a later one of the same text replaces the earlier.</summary>
    public void Add(string text, int value)
    {
        int node = Root;
        for (int i = 0; i < text.Length; i++)
        {
            if (Find(node, text[i]) < 0)
                AddNode(node, text[i]);
            ref Edge edge = ref edges[Find(node, text[i])];
            node = edge.Node;
            if (i == text.Length - 1)
                edge.Value = value;
        }
    }

    /// <summary>The longest string that <paramref name="text"/> begins with: its length and number, or (0, -1).</summary>
    public (int Length, int Value) Longest(ReadOnlySpan<char> text)
    {
        (int Length, int Value) longest = (0, -1);
        Walk walk = Start();
        for (int i = 0; i < text.Length && walk.Next(text[i]); i++)
            if (walk.Value >= 0)
                longest = (i + 1, walk.Value);
        return longest;
    }

    /// <summary>Begins a walk.</summary>
    public Walk Start() => new(this);

    /// <summary>A walk down the trie, unit by unit.</summary>
    public struct Walk(TokenTrie trie)
    {
        private int node = Root;

        /// <summary>The number of the string that ends here, or -1.</summary>
        public int Value { get; private set; } = -1;

        /// <summary>Goes one unit on; false where no string goes on so.</summary>
        public bool Next(char unit)
        {
            int slot = trie.Find(node, unit);
            if (slot < 0)
                return false;
            (node, Value) = (trie.edges[slot].Node, trie.edges[slot].Value);
            return true;
        }
    }

    /// <summary>From a node by a unit to another; a key of 0 marks a free entry.</summary>
    private record struct Edge(ulong Key, int Node, int Value);

    private int Find(int node, char unit)
    {
        ulong key = Key(node, unit);
        Edge[] table = edges;
        for (int slot = Slot(key, table); ; slot = (slot + 1) & (table.Length - 1))
        {
            if (table[slot].Key == key)
                return slot;
            if (table[slot].Key == 0)
                return -1;
        }
    }

    private void AddNode(int node, char unit)
    {
        if (++nodeCount * 2 > edges.Length)
            Grow();
        Put(new Edge(Key(node, unit), nodeCount - 1, -1));
    }

    private void Grow()
    {
        Edge[] old = edges;
        edges = new Edge[old.Length * 2];
        foreach (Edge edge in old)
            if (edge.Key != 0)
                Put(edge);
    }

    private void Put(Edge edge)
    {
        int slot = Slot(edge.Key, edges);
        while (edges[slot].Key != 0)
            slot = (slot + 1) & (edges.Length - 1);
        edges[slot] = edge;
    }

    private static ulong Key(int node, char unit) => (ulong)(node + 1) << 16 | unit;

    private static int Slot(ulong key, Edge[] table) => (int)(key * 0x9E37_79B9_7F4A_7C15 >> 32) & (table.Length - 1);
}
