namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// The edits between two sentences when runs of words may be moved, each move for one edit: greedily the move that saves most, until none does (Tercom's
/// search,
/// with sacrebleu's limits: a run of at most 10 words, at most 50 words away, 1,000 tries; the edit distance within a beam of 25 around the diagonal).
/// </summary>
internal static class TerAlignment
{
    private const int LongestRun = 10;
    private const int FarthestMove = 50;
    private const int MostTries = 1000;
    private const int Beam = 25;
    private const int Unreached = int.MaxValue / 2;

    /// <summary>Edits that turn the hypothesis into the reference; without a reference, its words.</summary>
    public static int EditCount(string[] hypothesis, string[] reference)
    {
        if (reference.Length == 0)
            return hypothesis.Length;
        int moves = 0, tries = 0;
        while (true)
        {
            (int saved, string[] moved) = BestMove(hypothesis, reference, ref tries);
            if (tries >= MostTries || saved <= 0)
                return moves + Distance(hypothesis, reference, out _);
            moves++;
            hypothesis = moved;
        }
    }

    private static (int Saved, string[] Words) BestMove(string[] words, string[] reference, ref int tries)
    {
        int before = Distance(words, reference, out Trace trace);
        (int Saved, int Length, int Start, int Target) best = default;
        string[]? moved = null;
        foreach ((int start, int place, int length) in Runs(words, reference))
        {
            if (!trace.WordIsWrong.AsSpan(start, length).Contains(true) || !trace.ReferenceIsWrong.AsSpan(place, length).Contains(true))
                continue;
            if (trace.WordOf[place] >= start && trace.WordOf[place] < start + length)
                continue;
            int last = -1;
            for (int offset = -1; offset < length && place + offset < reference.Length; offset++)
            {
                int target = place + offset < 0 ? 0 : trace.WordOf[place + offset] + 1;
                if (target == last)
                    continue;
                last = target;
                string[] tried = Move(words, start, length, target);
                tries++;
                var candidate = (before - Distance(tried, reference, out _), length, -start, -target);
                if (moved is null || candidate.CompareTo(best) > 0)
                    (best, moved) = (candidate, tried);
            }
            if (tries >= MostTries)
                break;
        }
        return moved is null ? (0, words) : (best.Saved, moved);
    }

    // Runs of words that the reference has elsewhere, every length of each.
    private static IEnumerable<(int Start, int Place, int Length)> Runs(string[] words, string[] reference)
    {
        for (int start = 0; start < words.Length; start++)
            for (int place = Math.Max(0, start - FarthestMove); place < reference.Length && place <= start + FarthestMove; place++)
            {
                int most = Math.Min(LongestRun, Math.Min(words.Length - start, reference.Length - place));
                for (int length = 1; length <= most && words[start + length - 1] == reference[place + length - 1]; length++)
                    yield return (start, place, length);
            }
    }

    private static string[] Move(string[] words, int start, int length, int target)
    {
        string[] run = words[start..(start + length)];
        if (target < start)
            return [.. words[..target], .. run, .. words[target..start], .. words[(start + length)..]];
        if (target > start + length)
            return [.. words[..start], .. words[(start + length)..target], .. run, .. words[target..]];
        int after = Math.Min(words.Length, length + target);
        return [.. words[..start], .. words[(start + length)..after], .. run, .. words[after..]];
    }

    // Costs row by row of the hypothesis; among equals a match or substitution, then a deletion of a word, then an insertion.
    private static int Distance(string[] words, string[] reference, out Trace trace)
    {
        int columns = reference.Length + 1;
        var cost = new int[(words.Length + 1) * columns];
        var step = new Step[cost.Length];
        Array.Fill(cost, Unreached);
        for (int j = 0; j < columns; j++)
            (cost[j], step[j]) = (j, Step.Insert);
        double ratio = words.Length > 0 ? (double)reference.Length / words.Length : 1;
        int beam = Beam < ratio / 2 ? (int)Math.Ceiling(ratio / 2 + Beam) : Beam;
        for (int i = 1; i <= words.Length; i++)
        {
            int diagonal = (int)Math.Floor(i * ratio), end = i == words.Length ? columns : Math.Min(columns, diagonal + beam);
            for (int j = Math.Max(0, diagonal - beam); j < end; j++)
                Fill(words, reference, i, j, columns, cost, step);
        }
        trace = Trace.Of(words.Length, reference.Length, step, columns);
        return cost[^1];
    }

    private static void Fill(string[] words, string[] reference, int i, int j, int columns, int[] cost, Step[] step)
    {
        int here = i * columns + j;
        if (j == 0)
        {
            (cost[here], step[here]) = (cost[here - columns] + 1, Step.Delete);
            return;
        }
        bool same = words[i - 1] == reference[j - 1];
        Take(cost[here - columns - 1] + (same ? 0 : 1), same ? Step.Keep : Step.Substitute);
        Take(cost[here - columns] + 1, Step.Delete);
        Take(cost[here - 1] + 1, Step.Insert);

        void Take(int price, Step kind)
        {
            if (price < cost[here])
                (cost[here], step[here]) = (price, kind);
        }
    }

    private enum Step : byte
    {
        Insert,
        Delete,
        Keep,
        Substitute,
    }

    // Which words the path meets: the word of each place of the reference (the last one before it where it has none), and which of both sides are wrong.
    private sealed record Trace(int[] WordOf, bool[] WordIsWrong, bool[] ReferenceIsWrong)
    {
        public static Trace Of(int wordCount, int referenceCount, Step[] step, int columns)
        {
            var trace = new Trace(new int[referenceCount], new bool[wordCount], new bool[referenceCount]);
            for (int i = wordCount, j = referenceCount; i > 0 || j > 0;)
            {
                Step taken = step[i * columns + j];
                if (taken != Step.Delete)
                {
                    trace.WordOf[j - 1] = i - 1;
                    trace.ReferenceIsWrong[j - 1] = taken != Step.Keep;
                }
                if (taken != Step.Insert)
                    trace.WordIsWrong[i - 1] = taken != Step.Keep;
                i -= taken == Step.Insert ? 0 : 1;
                j -= taken == Step.Delete ? 0 : 1;
            }
            return trace;
        }
    }
}
