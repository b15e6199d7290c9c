using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// A row that stops as soon as it is plain: its items are asked in a seeded order, in blocks, and three tests that may be looked at at any time
/// (<see cref="ConfidenceSequence"/>) watch the paired change against the approved baseline. Pass where the loss is below the margin, improved where
/// there is a gain, fail where there is a
/// loss. α is that of a whole run, however often it looks. It answers for right or wrong and for scores from 0 to 1 whose items are independent; it sees
/// neither log-likelihood margins nor equal bits, and is never saved as a result or a baseline.
/// </summary>
public static class SequentialRun
{
    /// <summary>Items asked between two looks.</summary>
    public const int BlockSize = 25;

    /// <summary>Runs a row until it is decided, or to its end.</summary>
    /// <param name="approved">What the row is compared with.</param>
    /// <param name="options">How to ask; a limit is not looked at. With a cache no answer is computed twice.</param>
    /// <exception cref="ArgumentException">The row is not one that can stop early, or its items are other ones than approved; the message says
    /// which.</exception>
    public static SequentialVerdict Run(EvalTask task, LanguageModel model, Baseline approved, EvalOptions options, CancellationToken cancellation = default)
    {
        IReadOnlyList<EvalItem> items = task.Fit(task.Load(options.Data), model);
        Require(task, items, model, approved);
        var watch = new Watch(approved.Gate.Margin);
        int[] order = Order(items.Count, approved.Identity.Items);
        for (int asked = 0; asked < order.Length && watch.Kind == VerdictKind.Inconclusive;)
        {
            int[] block = order[asked..Math.Min(order.Length, asked + BlockSize)];
            EvalResult result = EvalRunner.Run(task, model, options with { Limit = null, Picked = block }, cancellation);
            asked += block.Length;
            for (int i = 0; i < block.Length && watch.Kind == VerdictKind.Inconclusive; i++)
                watch.Add(approved.Scores[block[i]], result.Items[i].Score);
        }
        return new SequentialVerdict(new ResultKey(model.Name, task.Name, model.Identity.Recipe), watch.Kind, watch.Count, items.Count, watch.Change);
    }

    // From the items alone: the same order for every recipe and every run.
    private static int[] Order(int count, string items)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new SeededRandom(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes("sequential " + items)))).Shuffle<int>(order);
        return order;
    }

    private static void Require(EvalTask task, IReadOnlyList<EvalItem> items, LanguageModel model, Baseline approved)
    {
        string? reason = task.GateKind == GateKind.LogLikelihood ? "its score is a log-likelihood, which has no bounds"
            : items.Any(item => item.Cluster.Length > 0) ? "its items share documents, so they are no independent draws"
            : ContentHash.Of(items) != approved.Identity.Items ? "its items are other ones than approved"
            : model.Identity.Tokenizer != approved.Identity.Tokenizer ? "its tokenizer is another one than approved"
            : task.Version != approved.TaskVersion ? $"its version is {task.Version}, approved {approved.TaskVersion}" : null;
        if (reason is not null)
            throw new ArgumentException($"{task.Name} cannot stop early: {reason}. Run it whole.");
    }

    /// <summary>The three tests of one row.</summary>
    internal sealed class Watch(double margin)
    {
        private readonly ConfidenceSequence _notWorse = new(-margin, above: true), _better = new(0, above: true), _worse = new(0, above: false);
        private double _sum;

        public int Count => _worse.Count;

        public double Change => Count == 0 ? double.NaN : _sum / Count;

        /// <summary>The first decision stands.</summary>
        public VerdictKind Kind { get; private set; } = VerdictKind.Inconclusive;

        public void Add(double before, double now)
        {
            double difference = Math.Clamp((double.IsNaN(now) ? 0 : now) - (double.IsNaN(before) ? 0 : before), -1, 1);
            _sum += difference;
            foreach (ConfidenceSequence test in (ConfidenceSequence[])[_notWorse, _better, _worse])
                test.Add(difference);
            Kind = _better.P <= Gate.Alpha ? VerdictKind.Improved
                : _notWorse.P <= Gate.Alpha ? VerdictKind.Pass
                : _worse.P <= Gate.Alpha ? VerdictKind.Fail : VerdictKind.Inconclusive;
        }
    }
}

/// <summary>What a row that may stop early came to.</summary>
/// <param name="Kind">Pass, improved, fail, or inconclusive after all items.</param>
/// <param name="UsedCount">Items that were needed.</param>
/// <param name="ItemCount">Items of the task.</param>
/// <param name="Change">Mean paired change over the used ones.</param>
public sealed record SequentialVerdict(ResultKey Key, VerdictKind Kind, int UsedCount, int ItemCount, double Change)
{
    /// <summary>One line.</summary>
    public string Summary => FormattableString.Invariant($"{Kind.ToString().ToLowerInvariant()}: {Key}: {UsedCount} of {ItemCount} items, change {100 * Change:+0.00;-0.00;0.00} points.");
}
