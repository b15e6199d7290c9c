namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// The joining of neighbours that byte-pair encoding is (Sennrich et al. 2016): of all neighbours that the table knows the pair of the lowest rank is
/// joined, the leftmost of equals, until none is left. Short words are scanned again after every merge; for longer ones a heap of candidates makes
/// n symbols cost n log n.
/// </summary>
internal sealed class BytePairMerges
{
    private const int MostScanned = 32;

    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> table;

    /// <summary>An empty table.</summary>
    public BytePairMerges(int capacity) => table = new(capacity);

    /// <summary>Adds a merge; one of the same pair replaces the earlier.</summary>
    public void Add(int left, int right, int rank, int id) => table[(left, right)] = (rank, id);

    /// <summary>The ids that merges make, with the pair of each.</summary>
    public IEnumerable<(int Left, int Right, int Id)> All => table.Select(entry => (entry.Key.Left, entry.Key.Right, entry.Value.Id));

    /// <summary>Joins symbols until no merge applies.</summary>
    public Symbol[] Apply(List<Symbol> symbols) => symbols.Count <= MostScanned ? Scan(symbols) : new Chain(this, symbols).Merge();

    private Symbol[] Scan(List<Symbol> symbols)
    {
        while (symbols.Count > 1)
        {
            (int bestRank, int bestId, int best) = (int.MaxValue, -1, -1);
            for (int i = 0; i + 1 < symbols.Count; i++)
                if (table.TryGetValue((symbols[i].Id, symbols[i + 1].Id), out var merge) && merge.Rank < bestRank)
                    (bestRank, bestId, best) = (merge.Rank, merge.Id, i);
            if (best < 0)
                break;
            symbols[best] = new Symbol(bestId, symbols[best].Start, symbols[best + 1].End);
            symbols.RemoveAt(best + 1);
        }
        return [.. symbols];
    }

    /// <summary>Symbols as a linked list (an id of -1 was merged away), and a heap of candidates, some of them out of date when their turn comes.</summary>
    private sealed class Chain
    {
        private readonly BytePairMerges merges;
        private readonly List<Symbol> symbols;
        private readonly int[] previous;
        private readonly int[] next;
        private readonly PriorityQueue<(int Left, int Id), long> queue = new();

        public Chain(BytePairMerges merges, List<Symbol> symbols)
        {
            (this.merges, this.symbols) = (merges, symbols);
            (previous, next) = (new int[symbols.Count], new int[symbols.Count]);
            for (int i = 0; i < symbols.Count; i++)
            {
                (previous[i], next[i]) = (i - 1, i + 1 < symbols.Count ? i + 1 : -1);
                Offer(i, next[i]);
            }
        }

        public Symbol[] Merge()
        {
            while (queue.TryDequeue(out var candidate, out _))
            {
                int left = candidate.Left, right = next[left];
                if (symbols[left].Id >= 0 && right >= 0 && Find(left, right) is var (_, id) && id == candidate.Id)
                    Join(left, right, id);
            }
            return symbols.Where(symbol => symbol.Id >= 0).ToArray();
        }

        private void Join(int left, int right, int id)
        {
            symbols[left] = new Symbol(id, symbols[left].Start, symbols[right].End);
            symbols[right] = symbols[right] with { Id = -1 };
            next[left] = next[right];
            if (next[left] >= 0)
                previous[next[left]] = left;
            Offer(previous[left], left);
            Offer(left, next[left]);
        }

        private void Offer(int left, int right)
        {
            if (left >= 0 && right >= 0 && Find(left, right) is var (rank, id))
                queue.Enqueue((left, id), (long)rank << 32 | (uint)left);
        }

        private (int Rank, int Id)? Find(int left, int right) =>
            merges.table.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge) ? merge : null;
    }
}
