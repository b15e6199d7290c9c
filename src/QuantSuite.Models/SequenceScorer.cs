using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>Sums over the scored tokens of one sequence.</summary>
internal readonly record struct SequenceScores(double LogLikelihood, double SumOfSquares, bool IsGreedy, int TokenCount);

/// <summary>
/// Scores many sequences. They are taken in the order of their ids, so that neighbours share the longest prefixes, each forked from the one before it; the rows of several
/// sequences fill a pass up to the model's limit, and a long sequence is cut into several passes.
/// </summary>
internal sealed class SequenceScorer(DecoderModel model)
{
    private const int LogitRowLimit = 256;

    private readonly List<Target> targets = [];
    private readonly SortedSet<int> touched = [];
    private readonly List<Sequence> retired = [];
    private ForwardPass pass = new();
    private Sequence? previous;
    private int[] previousFed = [];

    public void Score(IReadOnlyList<ScoredSequence> sequences, Action<int, SequenceScores> completed, CancellationToken cancellation)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];
        Array.Sort(order, (a, b) => sequences[a].Ids.AsSpan().SequenceCompareTo(sequences[b].Ids) is var sign and not 0 ? sign : a.CompareTo(b));
        var sums = new Tally[sequences.Count];
        try
        {
            foreach (int index in order)
            {
                sums[index] = new Tally(sequences[index].Ids.Length - sequences[index].FirstScored);
                Enqueue(index, sequences[index], sums, completed, cancellation);
            }
            Run(sums, completed, cancellation);
        }
        finally
        {
            Retire();
            previous?.Dispose();
        }
    }

    private void Enqueue(int index, ScoredSequence scored, Tally[] sums, Action<int, SequenceScores> completed, CancellationToken cancellation)
    {
        ReadOnlySpan<int> fed = scored.Ids.AsSpan(0, scored.Ids.Length - 1);
        int shared = SharedLength(fed, scored.FirstScored - 1);
        Sequence sequence = shared > 0 ? pass.Fork(previous!, shared, fed.Length) : model.Cache.NewSequence(fed.Length);
        for (int position = scored.FirstScored - 1; position < shared; position++)
            targets.Add(new Target(pass.FindRow(previous!, position)!.Value, scored.Ids[position + 1], index));
        // Its pages are still read by this pass.
        if (previous is not null)
            retired.Add(previous);
        previous = sequence;
        previousFed = fed.ToArray();
        for (int first = shared; first < fed.Length;)
        {
            if (pass.TokenCount >= model.PassTokenLimit)
                Run(sums, completed, cancellation);
            int count = Math.Min(fed.Length - first, model.PassTokenLimit - pass.TokenCount);
            int row = pass.Add(sequence, fed.Slice(first, count));
            for (int i = 0; i < count; i++)
                if (first + i >= scored.FirstScored - 1)
                    targets.Add(new Target(row + i, scored.Ids[first + i + 1], index));
            first += count;
        }
    }

    // The common prefix with the sequence before; rows whose logits are needed must still be in this pass.
    private int SharedLength(ReadOnlySpan<int> fed, int firstNeeded)
    {
        if (previous is null || !model.MayShare(fed.Length, previous.FinalLength))
            return 0;
        int shared = fed.CommonPrefixLength(previousFed);
        for (int position = firstNeeded; position < shared; position++)
            if (pass.FindRow(previous, position) is null)
                return position;
        return shared;
    }

    private void Run(Tally[] sums, Action<int, SequenceScores> completed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (pass.TokenCount == 0)
            return;
        Matrix hidden = model.Forward(pass);
        targets.Sort((a, b) => a.Row != b.Row ? a.Row.CompareTo(b.Row) : a.Sequence.CompareTo(b.Sequence));
        for (int first = 0; first < targets.Count;)
            first = ScoreRows(hidden, first, sums);
        targets.Clear();
        pass = new ForwardPass();
        Retire();
        Report(sums, completed);
    }

    private void Retire()
    {
        foreach (Sequence sequence in retired)
            sequence.Dispose();
        retired.Clear();
    }

    // One product with the head for at most LogitRowLimit distinct rows. Returns the first target that is left.
    private int ScoreRows(Matrix hidden, int first, Tally[] sums)
    {
        int end = first, rowCount = 0;
        for (int lastRow = -1; end < targets.Count && (targets[end].Row == lastRow || rowCount < LogitRowLimit); end++)
            if (targets[end].Row != lastRow)
            {
                lastRow = targets[end].Row;
                rowCount++;
            }
        Matrix rows = model.Buffer("scored rows", rowCount, hidden.Columns), logits = model.Buffer("logits", rowCount, model.Architecture.Head.Rows);
        int filled = -1;
        for (int t = first; t < end; t++)
            if (filled < 0 || targets[t].Row != targets[t - 1].Row)
                hidden.Row(targets[t].Row).CopyTo(rows.Row(++filled));
        model.Head(rows, logits);
        var logSumExp = new double[rowCount];
        var argMax = new int[rowCount];
        model.Kernels.LogSumExp(logits, logSumExp, argMax);
        int row = -1;
        for (int t = first; t < end; t++)
        {
            if (t == first || targets[t].Row != targets[t - 1].Row)
                row++;
            sums[targets[t].Sequence].Add(logits[row, targets[t].Id] - logSumExp[row], argMax[row] == targets[t].Id);
            touched.Add(targets[t].Sequence);
        }
        return end;
    }

    private void Report(Tally[] sums, Action<int, SequenceScores> completed)
    {
        foreach (int index in touched)
            if (sums[index].IsComplete)
                completed(index, sums[index].Scores);
        touched.Clear();
    }

    private readonly record struct Target(int Row, int Id, int Sequence);

    private sealed class Tally(int expected)
    {
        private double logLikelihood;
        private double sumOfSquares;
        private bool isGreedy = true;
        private int count;

        public bool IsComplete => count == expected;

        public SequenceScores Scores => new(logLikelihood, sumOfSquares, isGreedy, count);

        public void Add(double logProbability, bool greedy)
        {
            logLikelihood += logProbability;
            sumOfSquares += logProbability * logProbability;
            isGreedy &= greedy;
            count++;
        }
    }
}
